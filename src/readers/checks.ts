import { readFields } from "../diag/read-fields.js";

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

  /**
   * The known fields of an object, each read once; one that throws is a fault and left out.
   *
   * Whatever the user's object does or becomes later, its copy stays as it was checked.
   * @param path - stands before the names: `histogram.`
   */
  fields<T extends object, K extends keyof T & string>(
    path: string,
    given: T | undefined,
    known: readonly K[],
  ): Partial<Pick<T, K>> {
    return readFields(given, known, (name) => {
      this.fault(`${path}${name} threw when it was read; give a plain value`);
    });
  }

  /** The same, of an object that has no other fields: further ones are faults. */
  exactly<T extends object, K extends keyof T & string>(
    path: string,
    given: T | undefined,
    known: readonly K[],
    /** Names that are somebody else's to judge. */
    passed: readonly string[] = [],
  ): Partial<Pick<T, K>> {
    const names: readonly string[] = known;
    for (const key of this.names(path, given)) {
      if (names.includes(key) || passed.includes(key)) continue;
      this.fault(`${path}${key} is not an option; known are ${known.join(", ")}`);
    }
    return this.fields(path, given, known);
  }

  /** Names of an object's own fields; none of what is no object. */
  names(path: string, given: unknown): readonly string[] {
    try {
      return isObject(given) ? Object.keys(given) : [];
    } catch {
      const whole = path === "" ? "options" : path.slice(0, -1);
      this.fault(`${whole} threw when its names were read; give a plain object`);
      return [];
    }
  }

  /** A copy of a list; what is none, or cannot be read, is a fault. */
  list(name: string, given: unknown, mend: string): readonly unknown[] {
    if (given === undefined) return [];
    if (!isList(given)) this.fault(`${name} is ${show(given)}; ${mend}`);
    else {
      try {
        return Array.from(given);
      } catch {
        this.fault(`${name} threw when it was read; ${mend}`);
      }
    }
    return [];
  }
}

/** `typeof`, but an object is neither null nor an array. */
function kindOf(value: unknown): string {
  if (typeof value === "object") return isObject(value) ? "object" : "list";
  return typeof value;
}

export function isObject(value: unknown): value is Record<string, unknown> & object {
  return typeof value === "object" && value !== null && !isList(value);
}

/** A Proxy that has been revoked is no list: even to ask it throws. */
export function isList(value: unknown): value is readonly unknown[] {
  try {
    return Array.isArray(value);
  } catch {
    return false;
  }
}

export function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "function") return "a function";
  if (typeof value !== "object") return String(value).slice(0, 80);
  try {
    return JSON.stringify(value)?.slice(0, 80) ?? String(value);
  } catch {
    return "an object";
  }
}
