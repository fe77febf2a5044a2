/**
 * What is to be saved of an object is its fields; what is `#private` in it is not: settings, and what
 * follows from the rest. Fields are numbers, typed arrays, and objects or lists of those, and their
 * shape is fixed when the object is made. So is the size of what is saved.
 */
type Tree = number | string | readonly Tree[] | { readonly [field: string]: Tree };

type Numbers = Float64Array | Float32Array | Int32Array | Int16Array | Uint8Array;

/** Builds anew what is private and follows from the fields. */
interface Derived {
  restored?(): void;
}

/** The fields of an object as JSON: numbers as they are, arrays of numbers as base64 of their bytes. */
export function freeze(value: unknown): Tree {
  if (typeof value === "number") return Number.isFinite(value) ? value : String(value);
  if (isNumbers(value)) {
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString("base64");
  }
  if (Array.isArray(value)) return value.map(freeze);
  const fields = Object.entries(value as object).map(([key, inner]) => [key, freeze(inner)]);
  return Object.fromEntries(fields) as Tree;
}

/**
 * Writes into an object what `freeze` read from one of the same shape.
 *
 * @returns whether it fitted; when not, the object is good for nothing any more
 */
export function thaw(target: object, saved: unknown): boolean {
  if (typeof saved !== "object" || saved === null) return false;
  const fields = target as Record<string, unknown>;
  const keys = Object.keys(fields);
  if (keys.length !== Object.keys(saved).length) return false;
  for (const key of keys) {
    if (!Object.hasOwn(saved, key)) return false;
    const inner = fields[key];
    const given = (saved as Record<string, unknown>)[key];
    if (typeof inner === "number") {
      const number = numberFrom(given);
      if (number === undefined) return false;
      fields[key] = number;
    } else if (!(isNumbers(inner) ? fill(inner, given) : thaw(inner as object, given)))
      return false;
  }
  (target as Derived).restored?.();
  return true;
}

function numberFrom(given: unknown): number | undefined {
  if (typeof given === "number") return given;
  return given === "NaN" || given === "Infinity" || given === "-Infinity"
    ? Number(given)
    : undefined;
}

function isNumbers(value: unknown): value is Numbers {
  return ArrayBuffer.isView(value);
}

function fill(target: Numbers, given: unknown): boolean {
  if (typeof given !== "string") return false;
  const bytes = Buffer.from(given, "base64");
  if (bytes.length !== target.byteLength) return false;
  new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(bytes);
  return true;
}

/**
 * FNV-1a over the JSON of a tree: a state that was cut, mixed up or edited is told from a whole one.
 * @see RFC 9923
 */
export function checkOf(tree: unknown): number {
  const text = JSON.stringify(tree) ?? "";
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) {
    hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  }
  return hash >>> 0;
}
