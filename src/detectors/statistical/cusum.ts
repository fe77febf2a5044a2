import type { Detector } from "../detector.js";
import { detectorOf, type Judgement, type Method } from "../method/method.js";
import { SerialMoments } from "../method/moments.js";
import { numbers, real, whole } from "../method/options.js";
import { scoreOf } from "../method/score.js";
import { figure } from "../method/words.js";

export interface CusumOptions {
  /** Deviations from the mean that are let pass; half the shift it looks for. @default 0.5 */
  readonly drift?: number;
  /** Sum of deviations beyond the drift from which it is an alarm. @default 15 */
  readonly limit?: number;
  /** Values that mean and deviation reach back, 30 … 100,000. @default 500 */
  readonly baseline?: number;
  /** Values after which a shift that lasts is the new level, 1 … 100,000. @default 20 */
  readonly patience?: number;
}

/** Deviations that a single value counts for at most: one spike is no shift. */
const MOST = 4;
/** Multiple of the limit that the sums are held to, so that they are soon down when a shift is over. */
const CEILING = 2;

/**
 * Two-sided CUSUM: adds up how far values are from the mean, beyond a drift that is let pass. The
 * quickest way there is to see a shift of known size that lasts; it says since when.
 *
 * Deviations are those of independent values; where neighbours are alike they are taken to be wider, as
 * such series wander. State: 100 bytes.
 * @throws RangeError listing every fault of the options
 * @see Page 1954, Continuous Inspection Schemes
 */
export function cusum(options?: CusumOptions): Detector {
  const settings = numbers("cusum", options, {
    drift: real(0, 100, 0.5),
    limit: real(0.1, 10_000, 15),
    baseline: whole(30, 100_000, 500),
    patience: whole(1, 100_000, 20),
  });
  return detectorOf("cusum", () => new Cusum(settings));
}

/** Sum of deviations to one side, and the values since it was 0. */
class Side {
  sum = 0;
  run = 0;
  total = 0;

  learn(deviations: number, value: number, ceiling: number): void {
    this.sum = Math.min(ceiling, Math.max(0, this.sum + deviations));
    this.run = this.sum > 0 ? this.run + 1 : 0;
    this.total = this.sum > 0 ? this.total + value : 0;
  }

  clear(): void {
    this.sum = 0;
    this.run = 0;
    this.total = 0;
  }
}

/** Values of the baseline before which it is none. */
const ENOUGH = 30;

class Cusum implements Method {
  readonly baseline: SerialMoments;
  readonly above = new Side();
  readonly below = new Side();
  readonly #settings: Readonly<Required<CusumOptions>>;

  constructor(settings: Readonly<Required<CusumOptions>>) {
    this.baseline = new SerialMoments(settings.baseline);
    this.#settings = settings;
  }

  judge(value: number): Judgement | undefined {
    const { count, mean, wander: deviation } = this.baseline;
    if (count < ENOUGH) return undefined;
    const { drift, limit } = this.#settings;
    const z = this.#deviations(value);
    const up = this.above.sum + z - drift;
    const down = this.below.sum - z - drift;
    const sum = Math.max(0, up, down);
    const side = up > down ? this.above : this.below;
    return {
      // A random walk that drifts down exceeds s with a probability of about exp(−2 drift s).
      score: scoreOf(sum, limit),
      expected: mean,
      lower: mean - deviation * Math.max(0, limit + drift - this.below.sum),
      upper: mean + deviation * Math.max(0, limit + drift - this.above.sum),
      explain: () =>
        `the last ${side.run + 1} values are ${up > down ? "above" : "below"} the usual ${figure(mean)}: ${figure((side.total + value) / (side.run + 1))} on average`,
    };
  }

  learn(value: number): void {
    const { baseline, above, below } = this;
    const { drift, limit, patience } = this.#settings;
    if (baseline.count >= ENOUGH) {
      const z = this.#deviations(value);
      above.learn(z - drift, value, CEILING * limit);
      below.learn(-z - drift, value, CEILING * limit);
      for (const side of [above, below]) {
        if (side.sum < limit || side.run < patience) continue;
        baseline.mean = side.total / side.run;
        above.clear();
        below.clear();
      }
    }
    baseline.learn(value);
  }

  #deviations(value: number): number {
    const off = value - this.baseline.mean;
    return off === 0 ? 0 : Math.max(-MOST, Math.min(MOST, off / this.baseline.wander));
  }
}
