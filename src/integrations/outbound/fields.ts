import { textOf } from "../../attributes/attributes.js";
import { readFields } from "../../diag/read-fields.js";
import type { MisuseTally } from "../../instruments/golden-signals.js";

/**
 * The known fields of options from foreign code, each read once. Never throws: options that are no
 * object, and a field whose getter throws, are as good as absent, and counted.
 */
export function fieldsOf<T extends object>(
  given: T | null | undefined,
  names: readonly (keyof T & string)[],
  tally: MisuseTally,
): { [K in keyof T]?: unknown } {
  const isObject = typeof given === "object";
  if (!isObject && given !== undefined) tally.misuse++;
  const fields: object = readFields(isObject ? given : undefined, names, () => tally.misuse++);
  return fields;
}

/** Whatever a name is, it becomes text; undefined and null are none. Never throws. */
export function textOrNone(value: unknown): string | undefined {
  return value === undefined || value === null ? undefined : textOf(value);
}
