/** Where names that are none go. */
export const OTHER = "_OTHER";

const MAX_LENGTH = 200;
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to go
const CONTROLS = /[\u0000-\u001f\u007f]+/g;

/** A name as it is shown: bounded, in one line. Undefined of what is none. */
export function nameOf(given: unknown): string | undefined {
  if (typeof given !== "string") return undefined;
  return given.slice(0, MAX_LENGTH).replace(CONTROLS, " ").trim() || undefined;
}
