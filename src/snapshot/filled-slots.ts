import type { Layout } from "../histogram/layout.js";

/**
 * The slots of a closed form that are not empty, in ascending order, as plain numbers.
 *
 * Reused: the fields are of what was read last. A loop over the arrays is several times faster than
 * `ClosedHistogram.forEachSlot`, whose callbacks keep their sums in boxes on the heap.
 */
export class FilledSlots {
  length = 0;
  slots = new Int32Array(512);
  counts = new Float64Array(512);
  /** Of all values, from slot middles, in layout units. A whole number: it adds up without a rest. */
  sum = 0;
  readonly #medians = new WeakMap<Layout, Float64Array>();
  #last: { readonly layout: Layout; readonly medians: Float64Array } | undefined;

  /** One scan of the closed form in `bytes[start, end)`: about 0.7 µs for 90 filled slots. */
  read(layout: Layout, bytes: Uint8Array, start: number, end: number): void {
    // Every filled slot takes at least a byte.
    if (end - start > this.slots.length) this.#grow(end - start);
    if (this.#last?.layout !== layout) this.#last = { layout, medians: this.#mediansOf(layout) };
    const { medians } = this.#last;
    const { slots, counts } = this;
    let length = 0;
    let sum = 0;
    let slot = 0;
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
      // A run of empty slots is odd, a count even. The lowest bit is right beyond 2^32, too.
      if ((z & 1) === 1) {
        slot += (z + 1) / 2;
        continue;
      }
      if (z !== 0) {
        slots[length] = slot;
        counts[length++] = z / 2;
        sum += (medians[slot] * z) / 2;
      }
      slot++;
    }
    this.length = length;
    this.sum = sum;
  }

  #mediansOf(layout: Layout): Float64Array {
    let medians = this.#medians.get(layout);
    if (medians === undefined) {
      medians = Float64Array.from({ length: layout.slots }, (_, slot) => layout.medianOf(slot));
      this.#medians.set(layout, medians);
    }
    return medians;
  }

  #grow(least: number): void {
    const size = Math.max(least, this.slots.length * 2);
    this.slots = new Int32Array(size);
    this.counts = new Float64Array(size);
  }
}
