import type { Detector } from "../detector.js";
import { detectorOf, type Judgement, type Method } from "../method/method.js";
import { floored, SerialMoments } from "../method/moments.js";
import { numbers, real, whole } from "../method/options.js";
import { scoreOf } from "../method/score.js";
import { figure } from "../method/words.js";

export interface PageHinkleyOptions {
  /** Deviations from the running mean that are let pass. @default 1 */
  readonly delta?: number;
  /** Deviations that the sum may rise above its lowest point. @default 6 */
  readonly lambda?: number;
  /** Values after a change before the next can be seen, 10 … 100,000. @default 30 */
  readonly atLeast?: number;
}

/** Deviations that a single value counts for at most: one spike is no change. */
const MOST = 4;

/**
 * Page-Hinkley test: the point at which the mean of a series changes, told once.
 *
 * The mean is that of all values since the last change; when it has changed, the test starts afresh.
 * So a change is one alarm, not a long one: what `cusum` is not. Where neighbours are alike, deviations
 * are taken to be wider, as there. State: 100 bytes.
 * @throws RangeError listing every fault of the options
 * @see Page 1954; Hinkley 1971, Inference about the change-point from cumulative sum tests
 */
export function pageHinkley(options?: PageHinkleyOptions): Detector {
  const settings = numbers("pageHinkley", options, {
    delta: real(0, 100, 1),
    lambda: real(0.1, 100_000, 6),
    atLeast: whole(10, 100_000, 30),
  });
  return detectorOf("pageHinkley", () => new PageHinkley(settings));
}

type Settings = Readonly<Required<PageHinkleyOptions>>;

class PageHinkley implements Method {
  /** How far values scatter, whatever their mean has done. */
  readonly scatter = new SerialMoments(500);
  /** Since the last change. */
  count = 0;
  mean = 0;
  /** Distance of the cumulative sum from its lowest point so far, and from its highest. */
  rise = 0;
  fall = 0;
  readonly #settings: Settings;

  constructor(settings: Settings) {
    this.#settings = settings;
  }

  judge(value: number): Judgement | undefined {
    const { lambda, atLeast } = this.#settings;
    if (this.scatter.count < atLeast) return undefined;
    const { mean, count } = this;
    const { rise, fall } = this.#sums(value);
    return {
      score: scoreOf(Math.max(rise, fall), lambda),
      expected: mean,
      explain: () =>
        `the last ${count} values were around ${figure(mean)}, and those that come now have ${rise > fall ? "risen" : "fallen"} from there for good`,
    };
  }

  learn(value: number, _timeMs: number, judgement: Judgement | undefined): void {
    if (judgement !== undefined && judgement.score >= 0.5) this.#clear();
    else {
      const { rise, fall } = this.#sums(value);
      this.rise = rise;
      this.fall = fall;
    }
    this.count++;
    this.mean += this.#held(value) / this.count;
    this.scatter.learn(value - this.mean);
  }

  #clear(): void {
    this.count = 0;
    this.rise = 0;
    this.fall = 0;
  }

  /** How far a value is from the mean, a spike no farther than it counts. */
  #held(value: number): number {
    const off = value - this.mean;
    if (this.count < this.#settings.atLeast) return off;
    const most = MOST * floored(this.scatter.wander, this.mean);
    return Math.max(-most, Math.min(most, off));
  }

  /** What the sums are with this value; nothing while the mean is of too few. */
  #sums(value: number): { rise: number; fall: number } {
    const { delta, atLeast } = this.#settings;
    if (this.count < atLeast) return { rise: 0, fall: 0 };
    const off = this.#held(value);
    const z = off === 0 ? 0 : off / floored(this.scatter.wander, this.mean);
    return { rise: Math.max(0, this.rise + z - delta), fall: Math.max(0, this.fall - z - delta) };
  }
}
