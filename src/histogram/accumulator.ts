import type { Layout } from "./layout.js";
import type { Recorder } from "./recorder.js";
import { SparseWriter } from "./sparse.js";
import { ClosedHistogram } from "./closed-histogram.js";

/**
 * Adds closed histograms of one layout up, exactly: what windows, exporters and fleets merge with.
 *
 * Dense and reused; only the pages that were touched are read back and cleared.
 */
export class Accumulator {
  count = 0;
  readonly #counts: Float64Array;
  /** Touched slots lie in `[low, high)`. */
  #low = Number.POSITIVE_INFINITY;
  #high = 0;
  readonly #writer = new SparseWriter(4096);

  constructor(readonly layout: Layout) {
    this.#counts = new Float64Array(layout.slots + 1);
  }

  /** Adds the closed form in `bytes[start, end)`, which holds `count` values; `sign` −1 subtracts. */
  add(bytes: Uint8Array, start: number, end: number, count: number, sign: 1 | -1 = 1): void {
    if (count === 0) return;
    this.count += sign * count;
    const counts = this.#counts;
    let slot = 0;
    let first = -1;
    for (let at = start; at < end; ) {
      let z = bytes[at++];
      if (z > 127) {
        let byte = bytes[at++];
        z += ((byte & 127) << 7) - 128;
        for (let weight = 16_384; byte > 127; weight *= 128) {
          byte = bytes[at++];
          z += (byte & 127) * weight;
        }
      }
      if ((z & 1) === 1) {
        slot += (z + 1) / 2;
      } else {
        if (first < 0) first = slot;
        counts[slot++] += (sign * z) / 2;
      }
    }
    if (first >= 0 && first < this.#low) this.#low = first;
    if (slot > this.#high) this.#high = slot;
  }

  addClosed(view: ClosedHistogram, sign: 1 | -1 = 1): void {
    this.add(view.bytes, view.start, view.end, view.count, sign);
  }

  /** Adds what the recorder holds of its open interval, and leaves it there. */
  addOpen(recorder: Recorder): void {
    recorder.peek((slot, count) => {
      this.count += count;
      this.#counts[slot] += count;
      if (slot < this.#low) this.#low = slot;
      if (slot >= this.#high) this.#high = slot + 1;
    });
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
    const high = this.#high;
    const low = Math.min(this.#low, high);
    out.reserve((high - low) * 9 + 16);
    out.skip(low);
    for (let slot = low; slot < high; slot++) {
      const count = counts[slot];
      if (count === 0) out.skip(1);
      else {
        // A subtraction of something that was never added leaves a negative count: not written.
        if (count > 0) out.put(count);
        else out.skip(1);
        counts[slot] = 0;
      }
    }
    out.finish();
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
