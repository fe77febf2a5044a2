import { ATTRIBUTE_LIMITS, textOf } from "../../attributes/attributes.js";

/** Where names beyond the limit go. */
export const OTHER = "_OTHER";

/** UUIDs, hexadecimal runs with a digit in them, and long numbers: what ids look like. */
const IDS = [
  /[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/gi,
  /\b(?=[a-f]{0,32}\d)[0-9a-f]{12,64}\b/gi,
  /\d{6,}/g,
];
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is to go
const CONTROLS = /[\u0000-\u001f\u007f]+/g;

/** A name as it is shown: bounded, in one line. */
export function plainName(given: unknown): string {
  return textOf(given).slice(0, ATTRIBUTE_LIMITS.value).replace(CONTROLS, " ").trim() || OTHER;
}

/**
 * The name of an agent, tool, task, workflow or step: what looks like an id in it becomes `*`, so that
 * `worker-7f3c…` and its thousand sisters are one.
 */
export function nameWithoutIds(given: unknown): string {
  return IDS.reduce((name, id) => name.replace(id, "*"), plainName(given));
}

/** Things by name: get or create, at most `limit` of them and one for the rest. */
export class Named<T> {
  readonly #known = new Map<unknown, T>();
  #other: T | undefined;

  constructor(
    private readonly make: (name: string) => T,
    private readonly clean: (given: unknown) => string,
    private readonly limit: number,
    private readonly onOverflow: () => void,
  ) {}

  /** Hot path: one look-up. */
  get(name: string): T {
    return this.#known.get(name) ?? this.#first(name);
  }

  has(name: string): boolean {
    return this.#known.has(this.clean(name));
  }

  /** Only clean names are kept: one that is not costs its cleaning every time. */
  #first(given: unknown): T {
    const name = this.clean(given);
    let found = this.#known.get(name);
    if (found !== undefined) return found;
    if (this.#known.size >= this.limit) {
      this.onOverflow();
      this.#other ??= this.make(OTHER);
      return this.#other;
    }
    found = this.make(name);
    this.#known.set(name, found);
    return found;
  }
}
