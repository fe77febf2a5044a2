import { type Readings, UNLIMITED } from "./level.js";

/** A number, or a function that answers one; a function is asked once a second. */
export type Reading = number | (() => number | Promise<number>);

/** A library's object, known by its shape: no library is imported for it. */
export interface Shape<K extends string> {
  fits(source: Foreign): boolean;
  readings(source: Foreign): Readings<K>;
}

/** Any foreign object; nothing is taken for granted about its properties. */
export interface Foreign {
  readonly [name: string]: unknown;
}

/**
 * The readings of a source: of the first shape it has, else those of its own properties that go by the
 * names; undefined when it has neither. Never throws.
 */
export function readingsOf<K extends string>(
  source: unknown,
  shapes: readonly Shape<K>[],
  names: readonly K[],
): Readings<K> | undefined {
  if ((typeof source !== "object" && typeof source !== "function") || source === null) {
    return undefined;
  }
  const foreign = source as Foreign;
  try {
    const known = shapes.find((shape) => shape.fits(foreign));
    if (known !== undefined) return known.readings(foreign);
    const own = names.filter((name) => isReading(foreign[name]));
    if (own.length === 0) return undefined;
    return Object.fromEntries(
      own.map((name) => [name, () => answer(foreign, name)]),
    ) as Readings<K>;
  } catch {
    return undefined;
  }
}

/** Looked up anew each time: a plain property may be changed by its owner. */
function answer(source: Foreign, name: string): unknown {
  const reading = source[name];
  const value = typeof reading === "function" ? reading.call(source) : reading;
  return value === Number.POSITIVE_INFINITY ? UNLIMITED : value;
}

function isReading(value: unknown): boolean {
  return typeof value === "number" || typeof value === "function";
}

/** Whether all of these properties are of the type. */
export function has(source: unknown, type: "number" | "function", ...names: string[]): boolean {
  return names.every((name) => typeof (source as Foreign | undefined)?.[name] === type);
}

/** A property on a path, NaN where the path ends early. */
export function at(source: unknown, ...path: readonly string[]): number {
  let value: unknown = source;
  for (const name of path) value = (value as Foreign | undefined | null)?.[name];
  return typeof value === "number" ? value : Number.NaN;
}

/** What a method of the source answers. */
export function ask(source: unknown, name: string): unknown {
  return (source as Record<string, () => unknown>)[name]();
}

/** A limit, where `Infinity`, 0 and its absence all say that there is none. */
export function limit(value: number): number {
  return value > 0 && value < Number.POSITIVE_INFINITY ? value : UNLIMITED;
}
