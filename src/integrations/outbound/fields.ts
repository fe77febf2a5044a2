import { textOf } from "../../attributes/attributes.js";
import type { MisuseTally } from "../../instruments/golden-signals.js";

/**
 * The known fields of options from foreign code, each read once. Never throws: options that are no
 * object, and a field whose getter throws, are as good as absent, and counted.
 */
export function fieldsOf<T extends object>(
  given: T | null | undefined,
  names: readonly (keyof T)[],
  tally: MisuseTally,
): { [K in keyof T]?: unknown } {
  const fields: { [K in keyof T]?: unknown } = {};
  if (given === undefined || given === null) return fields;
  if (typeof given !== "object") {
    tally.misuse++;
    return fields;
  }
  for (const name of names) {
    try {
      fields[name] = given[name];
    } catch {
      tally.misuse++;
    }
  }
  return fields;
}

/** Whatever a name is, it becomes text; undefined and null are none. Never throws. */
export function textOrNone(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : textOf(value);
}
