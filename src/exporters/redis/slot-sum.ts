import { MAX_ENTRY, writeCount, writeEmpty } from "../../histogram/sparse.js";

/** Most values that a sum may hold: a slot is a signed word. */
export const MOST_VALUES = 2 ** 30;

/**
 * Sums of sparse histograms, slot by slot.
 *
 * A bit for each slot says which were touched, so a few values cost little however far apart they are; an
 * `Accumulator` looks through all that lies between.
 */
export class SlotSum {
  /** Values in what was drained last. */
  drained = 0;
  /** Most bytes that `drain` writes. */
  room = 0;
  #counts = new Int32Array(0);
  #touched = new Int32Array(0);
  /** Touched words lie in `[low, high)`. */
  #low = Number.POSITIVE_INFINITY;
  #high = 0;

  /** Makes room for histograms of that many slots. Only between sums. */
  reserve(slots: number): void {
    if (slots <= this.#counts.length) return;
    this.#counts = new Int32Array(slots);
    this.#touched = new Int32Array((slots >>> 5) + 1);
  }

  /** Adds a well-formed payload of no more slots than there is room for; `sign` −1 takes it off. */
  add(bytes: Uint8Array, start: number, end: number, sign: 1 | -1 = 1): void {
    if (start >= end) return;
    const counts = this.#counts;
    const touched = this.#touched;
    const flip = sign >> 1;
    let slot = 0;
    let at = start;
    while (at < end) {
      let z = bytes[at++];
      if (z < 128) {
        // A run of empty slots is odd, a count even. Both in one go: a branch here is a coin toss.
        const isRun = -(z & 1);
        const half = z >>> 1;
        const count = half & ~isRun;
        counts[slot] += (count ^ flip) - flip;
        touched[slot >>> 5] |= (-count >>> 31) << (slot & 31);
        slot += 1 + (half & isRun);
        continue;
      }
      z -= 128;
      let byte: number;
      let weight = 128;
      do {
        byte = bytes[at++];
        z += (byte & 127) * weight;
        weight *= 128;
      } while (byte > 127);
      if (z % 2 === 1) slot += (z + 1) / 2;
      else {
        counts[slot] += (sign * z) / 2;
        touched[slot >>> 5] |= 1 << (slot & 31);
        slot++;
      }
    }
    this.#low = Math.min(this.#low, emptyBefore(bytes, start) >>> 5);
    this.#high = Math.max(this.#high, (slot + 31) >>> 5);
    this.room += MAX_ENTRY * (end - start);
  }

  /** Writes the sum from `position` on, without what is not above 0, and starts anew. @returns the end */
  drain(out: Uint8Array, position: number): number {
    const counts = this.#counts;
    const touched = this.#touched;
    let length = position;
    /** The slot after the last one written. */
    let next = 0;
    let sum = 0;
    for (let word = this.#low; word < this.#high; word++) {
      let bits = touched[word];
      if (bits === 0) continue;
      touched[word] = 0;
      do {
        const slot = (word << 5) + 31 - Math.clz32(bits & -bits);
        bits &= bits - 1;
        const count = counts[slot];
        counts[slot] = 0;
        const run = slot - next;
        if (count > 0 && count < 64 && run < 64) {
          // As `writeEmpty` and `writeCount`, without a branch: each would be a coin toss.
          out[length] = 2 * run - 1 - (((run ^ 1) - 1) >>> 31);
          length += -run >>> 31;
          out[length++] = count * 2;
          next = slot + 1;
          sum += count;
        } else if (count > 0) {
          length = writeCount(out, writeEmpty(out, length, run), count);
          next = slot + 1;
          sum += count;
        }
      } while (bits !== 0);
    }
    this.drained = sum;
    this.room = 0;
    this.#low = Number.POSITIVE_INFINITY;
    this.#high = 0;
    return length;
  }
}

/** The run of empty slots that a payload begins with. */
function emptyBefore(bytes: Uint8Array, start: number): number {
  let z = bytes[start];
  if (z > 127) {
    let at = start;
    z = 0;
    let weight = 1;
    for (; bytes[at] > 127; weight *= 128) z += (bytes[at++] & 127) * weight;
    z += bytes[at] * weight;
  }
  return z % 2 === 1 ? (z + 1) / 2 : 0;
}
