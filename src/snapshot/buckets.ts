import type { ClosedHistogram } from "../histogram/closed-histogram.js";
import type { Layout } from "../histogram/layout.js";
import { Tallies, Tally } from "./tallies.js";

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
  readonly #tallies: Tallies<ExplicitTally>;

  constructor(readonly bounds: readonly number[]) {
    const tables = new Tables(bounds);
    this.#tallies = new Tallies((layout, scale) => {
      return new ExplicitTally(layout, scale, bounds.length, tables.of(layout, scale));
    });
  }

  /** Values by bucket, their sum, the smallest and the largest; of this histogram until the next `of`. */
  of(histogram: ClosedHistogram): ExplicitTally {
    return this.#tallies.of(histogram);
  }

  /** @returns one cumulative count per bound, and the sum of all values */
  read(histogram: ClosedHistogram, into: Float64Array): number {
    const { counts, sum } = this.of(histogram);
    let seen = 0;
    for (let bucket = 0; bucket < this.bounds.length; bucket++) {
      seen += counts[bucket];
      into[bucket] = seen;
    }
    return sum;
  }
}

export class ExplicitTally extends Tally {
  /** Values in each bucket; the last has no upper bound. */
  readonly counts: Float64Array;
  /** The buckets that may be others than they were at `countBefore`: first and last. */
  firstChanged = 0;
  lastChanged = -1;

  /** @param table - slot → bucket */
  constructor(
    layout: Layout,
    units: number,
    bounds: number,
    private readonly table: Uint16Array,
  ) {
    super(layout, units);
    this.counts = new Float64Array(bounds + 1);
  }

  protected put(slots: Int32Array, amounts: Float64Array, length: number, sign: 1 | -1): void {
    const { counts, table } = this;
    if (length > 0) this.#changed(table[slots[0]], table[slots[length - 1]]);
    for (let i = 0; i < length; i++) counts[table[slots[i]]] += sign * amounts[i];
  }

  protected empty(): void {
    this.counts.fill(0);
    this.#changed(0, this.counts.length - 1);
  }

  override renew(): void {
    super.renew();
    this.firstChanged = this.counts.length;
    this.lastChanged = -1;
  }

  #changed(first: number, last: number): void {
    if (first < this.firstChanged) this.firstChanged = first;
    if (last > this.lastChanged) this.lastChanged = last;
  }
}

/** Slot → bucket, by layout and unit. */
class Tables {
  readonly #known = new Map<Layout, Map<number, Uint16Array>>();

  constructor(private readonly bounds: readonly number[]) {}

  of(layout: Layout, scale: number): Uint16Array {
    let byScale = this.#known.get(layout);
    if (byScale === undefined) {
      byScale = new Map();
      this.#known.set(layout, byScale);
    }
    let table = byScale.get(scale);
    if (table === undefined) {
      table = new Uint16Array(layout.slots);
      let next = 0;
      this.bounds.forEach((bound, bucket) => {
        const last =
          bound < 0 ? -1 : layout.slotOf(Math.min(Math.round(bound * scale), layout.highest));
        while (next <= last) (table as Uint16Array)[next++] = bucket;
      });
      table.fill(this.bounds.length, next);
      byScale.set(scale, table);
    }
    return table;
  }
}
