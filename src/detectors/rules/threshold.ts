import type { Detector } from "../detector.js";
import { detectorOf, type Judgement, type Method } from "../method/method.js";
import { checked } from "../method/options.js";
import { figure } from "../method/words.js";
import { type Limits, limitsOf } from "./limits.js";

export interface ThresholdOptions {
  /** Values above it are alarms. */
  readonly above?: number;
  /** Values below it are alarms. */
  readonly below?: number;
}

/**
 * A fixed limit, upwards, downwards or both. Judges from the first value on, and learns nothing.
 *
 * The score is 0 within the limits and from 0.5 on beyond them: 0.75 at twice the limit.
 * @throws RangeError listing every fault of the options
 */
export function threshold(options: ThresholdOptions): Detector {
  const limits = checked("threshold", (checks) => limitsOf(checks, options));
  return detectorOf("threshold", () => new Threshold(limits), true);
}

class Threshold implements Method {
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Infinite values too have a side of the limit. */
  read(value: number): number | undefined {
    return typeof value === "number" && !Number.isNaN(value) ? value : undefined;
  }

  judge(value: number): Judgement {
    const { above, below } = this.#limits;
    return {
      score: this.#limits.score(value),
      lower: below,
      upper: above,
      explain: () =>
        value > above
          ? `${figure(value)} is above the limit of ${figure(above)}`
          : `${figure(value)} is below the limit of ${figure(below)}`,
    };
  }

  learn(): void {}
}
