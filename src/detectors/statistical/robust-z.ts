import type { Detector } from "../detector.js";
import { DISTANCE, DistanceMethod, type DistanceOptions, type Usual } from "../method/distance.js";
import { Limit } from "../method/limit.js";
import { detectorOf } from "../method/method.js";
import { floored } from "../method/moments.js";
import { numbers, real, whole } from "../method/options.js";
import { normalSurprise } from "../method/score.js";
import { SortedWindow } from "../method/sorted-window.js";
import { figure } from "../method/words.js";

export interface RobustZOptions extends DistanceOptions {
  /** Values that the median is of, 10 … 2,000. @default 200 */
  readonly window?: number;
  /** Deviations from the median from which a value is an alarm; 0: learned. @default 0 */
  readonly threshold?: number;
}

/** Standard deviations of a normal distribution in its median, and in its mean, distance. */
const FROM_MEDIAN = 1.4826;
const FROM_MEAN = 1.2533;

/**
 * The z-score with the median for the mean and the median distance from it (MAD) for the deviation: up to
 * half of the values may be outliers and it still knows what is usual. Where more than half of them are
 * the same, the mean distance serves.
 *
 * State: 16 bytes a value of the window.
 * @throws RangeError listing every fault of the options
 * @see Iglewicz and Hoaglin 1993, How to detect and handle outliers
 */
export function robustZ(options?: RobustZOptions): Detector {
  const { window, threshold, probability } = numbers("robustZ", options, {
    window: whole(10, 2000, 200),
    threshold: real(0, 1000, 0),
    ...DISTANCE,
  });
  const limit = () => new Limit(threshold, probability, normalSurprise);
  return detectorOf("robustZ", () => new RobustZ(window, limit()));
}

class RobustZ extends DistanceMethod {
  readonly values: SortedWindow;

  constructor(window: number, limit: Limit) {
    super(limit);
    this.values = new SortedWindow(window);
  }

  protected usual(): Usual | undefined {
    const { values } = this;
    if (values.count < Math.min(30, values.ring.length)) return undefined;
    const { median } = values;
    const distance = values.medianDistance() * FROM_MEDIAN || values.meanDistance() * FROM_MEAN;
    return {
      expected: median,
      low: median,
      high: median,
      unit: floored(distance, median),
      size: median,
    };
  }

  protected remember(value: number): void {
    this.values.learn(value);
  }

  protected words(side: string, { expected }: Usual): string {
    return `robust deviations ${side} ${figure(expected)}, the median of the last ${this.values.count} values`;
  }
}
