import { ClosedHistogram } from "./closed-histogram.js";
import type { Layout } from "./layout.js";
import type { Recorder } from "./recorder.js";
import { MAX_ENTRY, SparseReader, SparseWriter, writeCount, writeEmpty } from "./sparse.js";

const UPPER_WORD = new Int32Array(new Float64Array([1]).buffer)[1] === 0 ? 0 : 1;

/**
 * Adds closed histograms of one layout up, exactly: what windows, exporters and fleets merge with.
 *
 * Dense and reused; only the pages that were touched are read back and cleared.
 */
export class Accumulator {
  count = 0;
  readonly #counts: Float64Array;
  /** The same memory, to tell filled slots without a branch. */
  readonly #words: Int32Array;
  /** Touched slots lie in `[low, high)`. */
  #low = Number.POSITIVE_INFINITY;
  #high = 0;
  readonly #writer = new SparseWriter(4096);

  constructor(readonly layout: Layout) {
    this.#counts = new Float64Array(layout.slots + 4);
    this.#words = new Int32Array(this.#counts.buffer);
  }

  /** Adds the closed form in `bytes[start, end)`, which holds `count` values; `sign` −1 subtracts. */
  add(bytes: Uint8Array, start: number, end: number, count: number, sign: 1 | -1 = 1): void {
    if (count === 0) return;
    this.count += sign * count;
    const counts = this.#counts;
    let slot = 0;
    let at = start;
    // The first number is the run of empty slots before the first filled one, or there is none.
    const low = lowestSlot(bytes, start);
    while (at < end) {
      let z = bytes[at++];
      if (z < 128) {
        // A run of empty slots is odd, a count even. Both in one go: a branch here is a coin toss.
        const isRun = -(z & 1);
        const half = z >>> 1;
        counts[slot] += sign * (half & ~isRun);
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
      else counts[slot++] += (sign * z) / 2;
    }
    if (low < this.#low) this.#low = low;
    if (slot > this.#high) this.#high = slot;
  }

  addClosed(view: ClosedHistogram, sign: 1 | -1 = 1): void {
    this.add(view.bytes, view.start, view.end, view.count, sign);
  }

  /** Adds what the recorder holds of its open interval, and leaves it there. */
  addOpen(recorder: Recorder): void {
    recorder.peek((slot, count) => this.addSlot(slot, count));
  }

  addSlot(slot: number, count: number): void {
    this.count += count;
    this.#counts[slot] += count;
    if (slot < this.#low) this.#low = slot;
    if (slot >= this.#high) this.#high = slot + 1;
  }

  /** Writes the closed form of the sum into `out`, and starts anew. */
  drain(out: SparseWriter): void {
    const counts = this.#counts;
    const words = this.#words;
    const high = this.#high;
    const low = Math.min(this.#low, high) & ~3;
    const positions = out.positions(high - low + 4);
    let filled = 0;
    // As in `Recorder.harvest`. The upper word of a count is above 0 when the count is; what a
    // subtraction of something that was never added leaves is below, and not written.
    for (let slot = low; slot < high; slot += 4) {
      const word = slot * 2 + UPPER_WORD;
      positions[filled] = slot;
      filled += (0 - words[word]) >>> 31;
      positions[filled] = slot + 1;
      filled += (0 - words[word + 2]) >>> 31;
      positions[filled] = slot + 2;
      filled += (0 - words[word + 4]) >>> 31;
      positions[filled] = slot + 3;
      filled += (0 - words[word + 6]) >>> 31;
    }
    out.reserve(filled * MAX_ENTRY);
    const { bytes } = out;
    let { length } = out;
    let next = 0;
    for (let i = 0; i < filled; i++) {
      const slot = positions[i];
      length = writeCount(bytes, writeEmpty(bytes, length, slot - next), counts[slot]);
      next = slot + 1;
    }
    counts.fill(0, low, high);
    out.length = length;
    this.count = 0;
    this.#low = Number.POSITIVE_INFINITY;
    this.#high = 0;
  }

  /** The sum as an immutable view with its own bytes; starts anew. */
  take(scale: number): ClosedHistogram {
    const writer = this.#writer;
    writer.reset();
    const { count } = this;
    this.drain(writer);
    return new ClosedHistogram(this.layout, scale, count, writer.bytes.slice(0, writer.length));
  }
}

function lowestSlot(bytes: Uint8Array, start: number): number {
  const reader = new SparseReader(bytes);
  reader.position = start;
  const first = reader.number();
  return first % 2 === 1 ? (first + 1) / 2 : 0;
}
