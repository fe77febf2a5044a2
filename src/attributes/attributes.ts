/** What tells one series of an instrument from another. */
export type AttributeValue = string | number | boolean;
export type Attributes = Readonly<Record<string, AttributeValue>>;

/** Most attributes on one series, longest key and longest value in UTF-16 units. */
export const ATTRIBUTE_LIMITS = { count: 64, key: 128, value: 256 } as const;

/** What had to be cut from attributes. */
export class AttributeTally {
  /** Keys and values cut at their limit. */
  truncated = 0;
  /** Attributes left out: beyond the count limit, or not a string, finite number or boolean. */
  dropped = 0;
}

const NONE: Attributes = Object.freeze({});

/**
 * A frozen, bounded, sorted copy in which `__proto__` is a key like any other. Read its own keys only.
 *
 * Never throws: an attribute whose getter throws is dropped and counted.
 */
export function cleanAttributes(given: unknown, tally: AttributeTally): Attributes {
  if (given === undefined || given === null) return NONE;
  if (typeof given !== "object") {
    tally.dropped++;
    return NONE;
  }
  const clean: Record<string, AttributeValue> = {};
  try {
    const keys = Object.keys(given).sort();
    let kept = 0;
    for (const key of keys) {
      if (kept === ATTRIBUTE_LIMITS.count) {
        tally.dropped += keys.length - kept;
        break;
      }
      const value = cleanValue((given as Record<string, unknown>)[key], tally);
      if (value === undefined || key === "") {
        tally.dropped++;
        continue;
      }
      put(clean, cut(key, ATTRIBUTE_LIMITS.key, tally), value);
      kept++;
    }
  } catch {
    tally.dropped++;
  }
  return Object.freeze(clean);
}

/** Clean attributes with others beside them, which come before those of the same key. */
export function joinAttributes(
  attributes: Attributes,
  extra: Readonly<Record<string, AttributeValue>> | undefined,
): Attributes {
  if (extra === undefined) return attributes;
  const all: Record<string, AttributeValue> = {};
  const keys = new Set([...Object.keys(attributes), ...Object.keys(extra)]);
  for (const key of [...keys].sort())
    put(all, key, Object.hasOwn(extra, key) ? extra[key] : attributes[key]);
  return Object.freeze(all);
}

/** An own property, whatever the key; a plain object keeps it in a third of the bytes of one without prototype. */
function put(target: Record<string, AttributeValue>, key: string, value: AttributeValue): void {
  if (key !== "__proto__") target[key] = value;
  else Object.defineProperty(target, key, { value, enumerable: true, configurable: true });
}

function cleanValue(value: unknown, tally: AttributeTally): AttributeValue | undefined {
  switch (typeof value) {
    case "string":
      return cut(value, ATTRIBUTE_LIMITS.value, tally);
    case "number":
      return Number.isFinite(value) ? value : undefined;
    case "boolean":
      return value;
    default:
      return undefined;
  }
}

function cut(text: string, limit: number, tally: AttributeTally): string {
  if (text.length <= limit) return flat(text);
  tally.truncated++;
  // Flattened through a copy: a slice would keep a 1 MB parent string alive.
  return Buffer.from(text.slice(0, limit)).toString();
}

/**
 * The same text in one piece: a string that was put together is kept as its pieces until somebody looks
 * into it, which takes twice the bytes.
 */
function flat(text: string): string {
  text.charCodeAt(0);
  return text;
}

/**
 * The canonical key of attributes: equal exactly when the attributes are.
 *
 * Lengths stand before texts, so no separator can be forged; types differ (`1` is not `"1"`).
 */
export function attributesKey(attributes: Attributes): string {
  const parts: string[] = [];
  for (const name of Object.keys(attributes)) {
    const value = attributes[name];
    const text = String(value);
    const type = typeof value === "string" ? "s" : typeof value === "number" ? "n" : "b";
    parts.push(`${name.length}:${name}${type}${text.length}:`, text);
  }
  return parts.join("");
}

/** Text of a name from foreign code, whatever it is. Never throws. */
export function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  try {
    return String(value);
  } catch {
    return "_";
  }
}
