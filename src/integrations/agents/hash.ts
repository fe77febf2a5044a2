/** Characters and fields that are looked at; of what has more nothing is said. */
const BUDGET = 16_384;
const MAX_DEPTH = 16;
const MAX_BITS = 4096;

/** What a value is goes in with it: `"1"` is not `1`, and `{}` is not `[]`. */
const STRING = 1;
const OBJECT = 2;
const LIST = 3;
const NUMBER = 4;
const OTHER = 5;

/** One double, and its two halves. */
const double = new Float64Array(1);
const halves = new Int32Array(double.buffer);

/**
 * A 32-bit hash of plain data, by which equal arguments are known again: the same fields in another
 * order are equal. Nothing of them is kept.
 *
 * Costs about a nanosecond a character. Of 256 different ones two are taken for equal once in 130,000.
 * @returns undefined where nothing can be said: too large, too deep, no plain data, a getter that throws
 * @see MurmurHash3, A. Appleby
 */
export function hashOf(value: unknown, seed: number): number | undefined {
  try {
    const hasher = new Hasher();
    const hash = hasher.of(value, 0);
    return hasher.left >= 0 ? finish(hash ^ seed) : undefined;
  } catch {
    return undefined;
  }
}

class Hasher {
  /** Below 0: nothing can be said. */
  left = BUDGET;

  of(value: unknown, depth: number): number {
    switch (typeof value) {
      case "string":
        return this.text(value, STRING);
      case "object":
        return value === null ? OTHER : this.object(value, depth);
      case "number":
        this.left--;
        return numberHash(value);
      case "boolean":
        this.left--;
        return mix(OTHER, value ? 1 : 2);
      case "undefined":
        this.left--;
        return mix(OTHER, 3);
      case "bigint":
        // Its digits take time in proportion to the square of their number.
        if (BigInt.asIntN(MAX_BITS, value) !== value) return this.giveUp();
        return this.text(`bigint ${value}`, OTHER);
      default:
        return this.giveUp();
    }
  }

  private object(value: object, depth: number): number {
    if (depth >= MAX_DEPTH) return this.giveUp();
    if (Array.isArray(value)) return this.list(value, depth);
    if (value instanceof Date) return this.text(`date ${value.getTime()}`, OTHER);
    const prototype = Object.getPrototypeOf(value);
    if (prototype !== Object.prototype && prototype !== null) return this.giveUp();
    const keys = Object.keys(value);
    this.left -= keys.length + 1;
    let sum = OBJECT;
    for (const key of keys) {
      if (this.left < 0) return 0;
      const field = (value as Record<string, unknown>)[key];
      // Added up, so that the order does not matter; mixed first, so that key and value stay together.
      sum = (sum + finish(mix(this.text(key, STRING), this.of(field, depth + 1)))) | 0;
    }
    return sum;
  }

  private list(list: readonly unknown[], depth: number): number {
    this.left -= list.length + 1;
    let hash = LIST;
    for (let at = 0; at < list.length && this.left >= 0; at++) {
      hash = mix(hash, this.of(list[at], depth + 1));
    }
    return hash;
  }

  private text(text: string, kind: number): number {
    const { length } = text;
    this.left -= length + 1;
    if (this.left < 0) return 0;
    let hash = kind;
    // Two characters are one block.
    const even = length & ~1;
    for (let at = 0; at < even; at += 2) {
      hash = mix(hash, text.charCodeAt(at) | (text.charCodeAt(at + 1) << 16));
    }
    if (even < length) hash = mix(hash, text.charCodeAt(even));
    return mix(hash, length);
  }

  private giveUp(): number {
    this.left = Number.NEGATIVE_INFINITY;
    return 0;
  }
}

/** Without a text of it: most numbers are small and whole. */
function numberHash(value: number): number {
  const whole = value | 0;
  if (whole === value) return mix(NUMBER, whole);
  double[0] = value;
  return mix(mix(NUMBER, halves[0] as number), halves[1] as number);
}

function mix(hash: number, value: number): number {
  let block = Math.imul(value, 0xcc9e2d51);
  block = Math.imul((block << 15) | (block >>> 17), 0x1b873593);
  const mixed = hash ^ block;
  return (Math.imul((mixed << 13) | (mixed >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let mixed = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
