import type { ClosedHistogram } from "../histogram/closed-histogram.js";
import type { Layout } from "../histogram/layout.js";
import { FilledSlots } from "./filled-slots.js";

/** Bounds of the semantic conventions for durations in seconds. */
export const SECONDS_BOUNDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10,
];

/** Bounds of the OpenTelemetry specification for everything else. */
export const DEFAULT_BOUNDS: readonly number[] = [
  0, 5, 10, 25, 50, 75, 100, 250, 500, 750, 1000, 2500, 5000, 7500, 10_000,
];

/** Powers of four from 256 B to 1 GiB. */
export const BYTES_BOUNDS: readonly number[] = Array.from({ length: 12 }, (_, i) => 256 * 4 ** i);

/** Of calls to databases, which may be faster than requests. @see semconv, db.client.operation.duration */
const DB_SECONDS_BOUNDS: readonly number[] = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10];

/** From a download to an event stream that lives for a day. */
const LIFETIME_BOUNDS: readonly number[] = [1, 10, 60, 300, 1800, 3600, 21_600, 86_400];

/** @param name - of the instrument; the semantic conventions have bounds of their own for some */
export function boundsFor(unit: string, name = ""): readonly number[] {
  if (unit === "s") {
    if (name.startsWith("db.client.")) return DB_SECONDS_BOUNDS;
    return name.endsWith(".stream.duration") ? LIFETIME_BOUNDS : SECONDS_BOUNDS;
  }
  return unit === "By" ? BYTES_BOUNDS : DEFAULT_BOUNDS;
}

/**
 * Explicit buckets out of an HDR histogram: counts at or below each bound.
 *
 * A slot that straddles a bound counts as below it, so a count is exact for values that differ from the
 * bound by more than the histogram's precision.
 */
export class ExplicitBuckets {
  readonly #lastSlots = new Map<Layout, Map<number, Float64Array>>();

  /** What was read last: sum, min and max among it. */
  readonly filled = new FilledSlots();

  constructor(readonly bounds: readonly number[]) {}

  /** @returns one cumulative count per bound, and the sum of all values */
  read(histogram: ClosedHistogram, into: Float64Array): number {
    const lastSlots = this.#slots(histogram.layout, histogram.scale);
    this.filled.read(histogram);
    const { length, slots, counts } = this.filled;
    let seen = 0;
    let at = 0;
    for (let bucket = 0; bucket < lastSlots.length; bucket++) {
      const last = lastSlots[bucket];
      while (at < length && slots[at] <= last) seen += counts[at++];
      into[bucket] = seen;
    }
    return this.filled.sum;
  }

  #slots(layout: Layout, scale: number): Float64Array {
    let byScale = this.#lastSlots.get(layout);
    if (byScale === undefined) {
      byScale = new Map();
      this.#lastSlots.set(layout, byScale);
    }
    let slots = byScale.get(scale);
    if (slots === undefined) {
      slots = Float64Array.from(this.bounds, (bound) => {
        return bound < 0 ? -1 : layout.slotOf(Math.min(Math.round(bound * scale), layout.highest));
      });
      byScale.set(scale, slots);
    }
    return slots;
  }
}
