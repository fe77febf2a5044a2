import type { Detector } from "../detector.js";
import { Limit } from "../method/limit.js";
import { detectorOf, type Judgement, type Method } from "../method/method.js";
import { floored, Moments } from "../method/moments.js";
import { numbers, real, whole } from "../method/options.js";
import { normalSurprise, PROBABILITY } from "../method/score.js";
import { figure } from "../method/words.js";

export interface EwmaOptions {
  /** Weight of the newest value in the average, above 0, at most 1. @default 0.3 */
  readonly lambda?: number;
  /** Deviations of the average from the centre from which it is an alarm; 0: learned. @default 0 */
  readonly limit?: number;
  /** How often the series itself goes beyond the alarm; for a limit that is learned. @default 5e-4 */
  readonly probability?: number;
  /** Values that centre and deviation reach back, 30 … 100,000. @default 2000 */
  readonly baseline?: number;
}

/** Values of the baseline before which it is none. */
const ENOUGH = 30;

/**
 * EWMA control chart: an average of the last few values against the centre of the last many. It sees a
 * small shift that lasts, where each single value is still usual.
 *
 * A limit of 3 is the textbook's, for independent values; the learned one suits series that wander too.
 * State: 300 bytes.
 * @throws RangeError listing every fault of the options
 * @see Roberts 1959; Lucas and Saccucci 1990, Exponentially weighted moving average control schemes
 */
export function ewma(options?: EwmaOptions): Detector {
  const { lambda, limit, baseline, probability } = numbers("ewma", options, {
    lambda: real(0.001, 1, 0.3),
    limit: real(0, 1000, 0),
    probability: real(1e-12, 0.1, PROBABILITY),
    baseline: whole(30, 100_000, 2000),
  });
  return detectorOf("ewma", () => {
    return new Ewma(lambda, baseline, new Limit(limit, probability, normalSurprise));
  });
}

interface Chart extends Judgement {
  readonly deviations: number;
}

class Ewma implements Method<number, Chart> {
  readonly baseline: Moments;
  average = 0;
  readonly #lambda: number;

  constructor(
    lambda: number,
    baseline: number,
    readonly limit: Limit,
  ) {
    this.baseline = new Moments(baseline);
    this.#lambda = lambda;
  }

  judge(value: number): Chart | undefined {
    if (!this.limit.isKnown || this.baseline.count < ENOUGH) return undefined;
    const lambda = this.#lambda;
    const { mean } = this.baseline;
    const average = this.average + lambda * (value - this.average);
    const deviations = (average - mean) / this.#deviation;
    // In terms of this one value: what it may be for the average to stay within its limits.
    const reach = this.limit.value * this.#deviation;
    const from = (1 - lambda) * this.average;
    return {
      score: this.limit.score(Math.abs(deviations)),
      deviations,
      expected: mean,
      lower: Math.min(mean, (mean - reach - from) / lambda),
      upper: Math.max(mean, (mean + reach - from) / lambda),
      explain: () =>
        `the average of the last values, ${figure(average)}, is ${figure(Math.abs(deviations))} of its deviations ${deviations > 0 ? "above" : "below"} the usual ${figure(mean)}`,
    };
  }

  learn(value: number): void {
    const { baseline } = this;
    if (baseline.count === 0) this.average = value;
    this.average += this.#lambda * (value - this.average);
    if (baseline.count >= ENOUGH) {
      this.limit.learn(Math.abs(this.average - baseline.mean) / this.#deviation);
    }
    baseline.learn(value);
  }

  /** Standard deviation of the average. */
  get #deviation(): number {
    const { count, mean, variance } = this.baseline;
    const lambda = this.#lambda;
    const settled = 1 - (1 - lambda) ** (2 * count);
    return floored(Math.sqrt((variance * settled * lambda) / (2 - lambda)), mean);
  }
}
