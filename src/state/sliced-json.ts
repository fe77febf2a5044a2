/** Levels of lists and objects that are written piece by piece; what lies deeper is one piece. */
const DEPTH = 4;

/**
 * `JSON.stringify` in pieces: yields between the entries of plain lists and objects, so that a large state
 * does not hold the event loop. What an entry's `toJSON` answers is taken when its turn comes.
 */
export function* slicedJson(value: unknown, depth = DEPTH): Generator<void, string | undefined> {
  const kind = depth > 0 ? kindOf(value) : "leaf";
  if (kind === "leaf") return JSON.stringify(value);
  const pieces: string[] = [];
  if (kind === "list") {
    for (const item of value as unknown[]) {
      pieces.push((yield* slicedJson(item, depth - 1)) ?? "null");
      yield;
    }
    return `[${pieces.join(",")}]`;
  }
  for (const [key, item] of Object.entries(value as object)) {
    const text = yield* slicedJson(item, depth - 1);
    if (text !== undefined) pieces.push(`${JSON.stringify(key)}:${text}`);
    yield;
  }
  return `{${pieces.join(",")}}`;
}

function kindOf(value: unknown): "list" | "object" | "leaf" {
  if (typeof value !== "object" || value === null) return "leaf";
  if (typeof (value as { toJSON?: unknown }).toJSON === "function") return "leaf";
  if (Array.isArray(value)) return "list";
  const prototype = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null ? "object" : "leaf";
}
