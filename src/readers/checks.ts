/** Checks what a user handed in: each fault names the option, the value received and the mend. */
export class Checks {
  readonly faults: string[] = [];

  fault(text: string): void {
    this.faults.push(text);
  }

  /** A number in a range, or the fallback for what was left out or does not fit. */
  number(
    name: string,
    value: unknown,
    fallback: number,
    min: number,
    max: number,
    whole = true,
  ): number {
    if (value === undefined) return fallback;
    const isWithin = typeof value === "number" && value >= min && value <= max;
    if (isWithin && (!whole || Number.isInteger(value))) return value;
    this.fault(
      `${name} is ${show(value)}; give a ${whole ? "whole " : ""}number from ${min} to ${max}`,
    );
    return fallback;
  }

  /** @param mend - what to give instead */
  type(name: string, value: unknown, types: readonly string[], mend: string): void {
    if (value === undefined || types.includes(kindOf(value))) return;
    this.fault(`${name} is ${show(value)}; ${mend}`);
  }

  /** Every key of an object is one of `known`. */
  keys(path: string, value: unknown, known: ReadonlySet<string> | readonly string[]): void {
    const names = [...known];
    for (const key of Object.keys(isObject(value) ? value : {})) {
      if (names.includes(key)) continue;
      this.fault(`${path}${key} is not an option; known are ${names.join(", ")}`);
    }
  }
}

/** `typeof`, but an object is neither null nor an array. */
function kindOf(value: unknown): string {
  if (typeof value === "object") return isObject(value) ? "object" : "list";
  return typeof value;
}

export function isObject(value: unknown): value is Record<string, unknown> & object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  try {
    return JSON.stringify(value)?.slice(0, 80) ?? String(value);
  } catch {
    return "an object";
  }
}
