import type { Detector } from "../detector.js";
import { detectorOf, type Judgement, type Method } from "../method/method.js";
import { numbers, real, whole } from "../method/options.js";
import { Residuals } from "../method/residuals.js";
import { PROBABILITY } from "../method/score.js";
import { figure } from "../method/words.js";

export interface MacdOptions {
  /** Values that the fast average is of, about. @default 12 */
  readonly fast?: number;
  /** Values that the slow average is of, about; more than `fast`. @default 26 */
  readonly slow?: number;
  /** Values over which the distance of the two is averaged. @default 9 */
  readonly signal?: number;
  /** Probability of a distance that is an alarm. @default 1e-4 */
  readonly probability?: number;
}

/**
 * Moving-average convergence and divergence: how fast a fast average leaves a slow one, against how fast
 * it usually does. It sees a trend turn, and says nothing of the level.
 *
 * State: 300 bytes.
 * @throws RangeError listing every fault of the options
 * @see Appel 1979, The Moving Average Convergence-Divergence Trading Method
 */
export function macd(options?: MacdOptions): Detector {
  const { fast, slow, signal, probability } = numbers("macd", options, {
    fast: whole(2, 10_000, 12),
    slow: whole(3, 100_000, 26),
    signal: whole(2, 10_000, 9),
    probability: real(1e-12, 0.1, PROBABILITY),
  });
  if (slow <= fast) {
    throw new RangeError(`macd: slow is ${slow}; give more than fast, which is ${fast}`);
  }
  return detectorOf("macd", () => new Macd([fast, slow, signal].map(weightOf), probability));
}

/** Weight of the newest value in an average of so many. */
function weightOf(span: number): number {
  return 2 / (span + 1);
}

class Macd implements Method {
  seen = 0;
  fast = 0;
  slow = 0;
  signal = 0;
  readonly divergence: Residuals;
  readonly #weights: readonly number[];

  constructor(weights: readonly number[], probability: number) {
    this.divergence = new Residuals(probability);
    this.#weights = weights;
  }

  judge(value: number): Judgement | undefined {
    const [a, b, c] = this.#weights;
    const fast = this.fast + a * (value - this.fast);
    const slow = this.slow + b * (value - this.slow);
    const divergence = (1 - c) * (fast - slow - this.signal);
    const judged = this.divergence.judge(divergence, 0, slow);
    if (judged === undefined) return undefined;
    return {
      score: judged.score,
      explain: () =>
        `the average of the last values, ${figure(fast)}, leaves the longer one, ${figure(slow)}, ${figure(Math.abs(divergence) / judged.limit)} times as fast as it does at most`,
    };
  }

  learn(value: number): void {
    if (this.seen++ === 0) {
      this.fast = value;
      this.slow = value;
    }
    const [a, b, c] = this.#weights;
    this.fast += a * (value - this.fast);
    this.slow += b * (value - this.slow);
    this.signal += c * (this.fast - this.slow - this.signal);
    // Averages of few values are those values.
    if (this.seen > 2 / b) this.divergence.learn(this.fast - this.slow - this.signal, this.slow);
  }
}
