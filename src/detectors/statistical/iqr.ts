import type { Detector } from "../detector.js";
import { DISTANCE, DistanceMethod, type DistanceOptions, type Usual } from "../method/distance.js";
import { Limit } from "../method/limit.js";
import { detectorOf } from "../method/method.js";
import { floored } from "../method/moments.js";
import { numbers, real, whole } from "../method/options.js";
import { normalSurprise } from "../method/score.js";
import { SortedWindow } from "../method/sorted-window.js";
import { figure } from "../method/words.js";

export interface IqrOptions extends DistanceOptions {
  /** Values that the quartiles are of, 10 … 2,000. @default 200 */
  readonly window?: number;
  /** Interquartile ranges beyond a quartile from which a value is an alarm (Tukey: 1.5, far out: 3); 0: learned. @default 0 */
  readonly fence?: number;
}

/** Quartile of the normal distribution, in standard deviations; it is as far below the middle. */
const QUARTILE = 0.6745;
/** The same for the 98th percentile: the way to it serves where half of the values are the same. */
const WIDE = 2.054;

/**
 * Tukey's fences: beyond the quartiles by a multiple of the range between them.
 *
 * The two sides have quartiles of their own, so a skewed series (most latencies) is no trouble. State: 16
 * bytes a value of the window.
 * @throws RangeError listing every fault of the options
 * @see Tukey 1977, Exploratory Data Analysis
 */
export function iqr(options?: IqrOptions): Detector {
  const { window, fence, probability } = numbers("iqr", options, {
    window: whole(10, 2000, 200),
    fence: real(0, 1000, 0),
    ...DISTANCE,
  });
  return detectorOf("iqr", () => new Iqr(window, new Limit(fence, probability, surpriseAt)));
}

class Iqr extends DistanceMethod {
  readonly values: SortedWindow;

  constructor(window: number, limit: Limit) {
    super(limit);
    this.values = new SortedWindow(window);
  }

  protected usual(): Usual | undefined {
    const { values } = this;
    if (values.count < Math.min(30, values.ring.length)) return undefined;
    const { median } = values;
    const low = values.quantile(0.25);
    const high = values.quantile(0.75);
    const farther = Math.max(values.quantile(0.98) - median, median - values.quantile(0.02));
    const wide = farther * ((2 * QUARTILE) / WIDE);
    return { expected: median, low, high, unit: floored(high - low || wide, median), size: median };
  }

  protected remember(value: number): void {
    this.values.learn(value);
  }

  protected words(side: string, { low, high }: Usual): string {
    return `interquartile ranges ${side} the middle half of the last ${this.values.count} values, ${figure(low)} … ${figure(high)}`;
  }
}

/** As improbable as a normal value that far beyond its quartile. */
function surpriseAt(beyond: number): number {
  return normalSurprise(QUARTILE + beyond * 2 * QUARTILE);
}
