import type { Detector } from "../detector.js";
import { DISTANCE, DistanceMethod, type DistanceOptions, type Usual } from "../method/distance.js";
import { Limit } from "../method/limit.js";
import { detectorOf } from "../method/method.js";
import { numbers, real, whole } from "../method/options.js";
import { RollingMoments } from "../method/rolling-moments.js";
import { normalSurprise } from "../method/score.js";
import { figure } from "../method/words.js";

export interface ZScoreOptions extends DistanceOptions {
  /** Values that mean and deviation are of, 10 … 10,000. @default 200 */
  readonly window?: number;
  /** Standard deviations from the mean from which a value is an alarm; 0: learned. @default 0 */
  readonly threshold?: number;
}

/**
 * How many standard deviations a value is from the mean of the last ones.
 *
 * For values that scatter evenly around a level. A spike widens what is usual until it has left the
 * window; see `robustZ`. State: 8 bytes a value of the window.
 * @throws RangeError listing every fault of the options
 */
export function zScore(options?: ZScoreOptions): Detector {
  const { window, threshold, probability } = numbers("zScore", options, {
    window: whole(10, 10_000, 200),
    threshold: real(0, 1000, 0),
    ...DISTANCE,
  });
  const limit = () => new Limit(threshold, probability, normalSurprise);
  return detectorOf("zScore", () => new ZScore(window, limit()));
}

class ZScore extends DistanceMethod {
  readonly values: RollingMoments;

  constructor(window: number, limit: Limit) {
    super(limit);
    this.values = new RollingMoments(window);
  }

  protected usual(): Usual | undefined {
    const { count, mean, deviation, size, ring } = this.values;
    if (count < Math.min(30, ring.length)) return undefined;
    return { expected: mean, low: mean, high: mean, unit: deviation, size };
  }

  protected remember(value: number): void {
    this.values.learn(value);
  }

  protected words(side: string, { expected }: Usual): string {
    return `standard deviations ${side} ${figure(expected)}, the mean of the last ${this.values.count} values`;
  }
}
