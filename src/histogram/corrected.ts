import type { ClosedHistogram, Summary } from "./closed-histogram.js";
import type { Layout } from "./layout.js";
import { rankOf } from "./rank.js";

/**
 * A histogram whose percentiles are corrected for coordinated omission.
 *
 * Who waits for an answer before asking again asks less while the system is slow, so the worst times
 * are measured least. As HdrHistogram does, each value above the expected interval stands for the
 * requests that were not sent meanwhile: `value − interval`, `value − 2 × interval`, … down to the
 * interval.
 *
 * A view of shares, not of counts: `percentile` and `countAtOrBelow` are of the corrected distribution;
 * `count`, `sum`, `min`, `max` and `mean` stay those of what was really recorded.
 *
 * No value is ever made: those of one slot are an arithmetic progression, of which the number at or
 * below a value is a division. A percentile takes `filled slots × log₂ slots` steps whatever the
 * interval is: 46 µs for 300 filled slots of 3,328.
 * @see HdrHistogram, copyCorrectedForCoordinatedOmission
 */
export class CorrectedHistogram {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Requests that were not sent, by the correction's reckoning. They are in no count. */
  readonly omitted: number;
  readonly #layout: Layout;
  readonly #scale: number;
  /** Layout units; 0: nothing to correct. */
  readonly #interval: number;
  /** Of the filled slots, ascending: the value each stands for, and how often it was recorded. */
  readonly #values: Float64Array;
  readonly #counts: Float64Array;
  /** Of the corrected distribution. */
  readonly #total: number;

  constructor(histogram: ClosedHistogram, expectedInterval: number) {
    const { layout, scale } = histogram;
    this.count = histogram.count;
    this.sum = histogram.sum;
    this.min = histogram.min;
    this.max = histogram.max;
    this.mean = histogram.mean;
    this.#layout = layout;
    this.#scale = scale;
    this.#interval = wholeUnits(expectedInterval, scale);
    const values: number[] = [];
    const counts: number[] = [];
    histogram.forEachSlot((slot, count) => {
      values.push(layout.highestIn(slot));
      counts.push(count);
    });
    this.#values = Float64Array.from(values);
    this.#counts = Float64Array.from(counts);
    this.#total = this.#atOrBelow(Number.POSITIVE_INFINITY);
    this.omitted = this.#total - this.count;
  }

  /** Corrected value at a percentile, 0–100; 0 when empty. */
  percentile(p: number): number {
    const values = this.#values;
    if (values.length === 0) return 0;
    const rank = rankOf(p, this.#total);
    let low = 0;
    let high = this.#layout.slotOf(values[values.length - 1]);
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#atOrBelow(this.#layout.highestIn(middle)) >= rank) high = middle;
      else low = middle + 1;
    }
    return this.#layout.highestIn(low) / this.#scale;
  }

  /**
   * The share of the corrected distribution at or below `value`, times `count`: `countAtOrBelow(t) /
   * count` is the corrected share that met a threshold. Seldom a whole number.
   */
  countAtOrBelow(value: number): number {
    const units = Math.round(value * this.#scale);
    if (!(units >= 0) || this.#total === 0) return 0;
    const layout = this.#layout;
    const slot = layout.slotOf(Math.min(units, layout.highest));
    return (this.#atOrBelow(layout.highestIn(slot)) / this.#total) * this.count;
  }

  /** Corrected percentiles; `count`, `max` and `mean` as recorded. */
  summary(): Summary {
    const { count, max, mean } = this;
    const [p50, p95, p99] = [50, 95, 99].map((p) => this.percentile(p));
    return { count, p50, p95, p99, max, mean };
  }

  toJSON(): Summary {
    return this.summary();
  }

  /** Values of the corrected distribution, recorded and omitted, not above `limit` (layout units). */
  #atOrBelow(limit: number): number {
    const values = this.#values;
    const counts = this.#counts;
    const interval = this.#interval;
    let total = 0;
    for (let at = 0; at < values.length; at++) {
      const value = values[at];
      let each = value <= limit ? 1 : 0;
      if (interval > 0 && value >= 2 * interval) {
        // Omitted: rest + interval, rest + 2 × interval, …, value − interval.
        const rest = value % interval;
        const omitted = (value - rest) / interval - 1;
        each += Math.min(omitted, Math.max(0, Math.floor((limit - rest) / interval)));
      }
      total += each * counts[at];
    }
    return total;
  }
}

/**
 * A view of `histogram` corrected for coordinated omission; the histogram stays as it is.
 *
 * @param expectedInterval - between two requests of one caller, in the histogram's unit (ms for
 *   latencies), rounded to whole layout units, one at least. Not a finite number above 0: the view
 *   corrects nothing. Never throws
 */
export function corrected(
  histogram: ClosedHistogram,
  expectedInterval: number,
): CorrectedHistogram {
  return new CorrectedHistogram(histogram, expectedInterval);
}

function wholeUnits(interval: unknown, scale: number): number {
  if (typeof interval !== "number" || !(interval > 0 && Number.isFinite(interval))) return 0;
  return Math.max(1, Math.round(interval * scale));
}
