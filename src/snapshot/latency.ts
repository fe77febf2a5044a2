import type { ClosedHistogram, Summary } from "../histogram/closed-histogram.js";
import type { CorrectedView, HistogramView, LatencySnapshot } from "./model.js";

/** Figures that are data, and the distribution they came from, which stays out of the JSON. */
export class Latency implements LatencySnapshot {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
  readonly #histogram: ClosedHistogram;

  constructor(histogram: ClosedHistogram) {
    const summary: Summary = histogram.summary();
    this.count = summary.count;
    this.p50 = summary.p50;
    this.p95 = summary.p95;
    this.p99 = summary.p99;
    this.max = summary.max;
    this.mean = summary.mean;
    this.#histogram = histogram;
    Object.freeze(this);
  }

  percentile(p: number): number {
    return this.#histogram.percentile(p);
  }

  corrected(expectedIntervalMs: number): CorrectedView {
    return this.#histogram.corrected(expectedIntervalMs);
  }

  get histogram(): HistogramView {
    return this.#histogram;
  }
}
