import type { Detector, ObservationContext } from "../detector.js";
import { countSurprise, reaching } from "../method/bounds.js";
import { detectorOf, type Judgement, type Method } from "../method/method.js";
import { numbers, real, whole } from "../method/options.js";
import { scoreOf } from "../method/score.js";
import { figure } from "../method/words.js";
import { DayShape } from "./day-shape.js";
import { Pool } from "./pool.js";

export interface TrafficRateOptions {
  /** Probability of as few or as many requests as there are that is an alarm. @default 1e-6 */
  readonly probability?: number;
  /** Windows over which it is averaged how today compares with other days. @default 12 */
  readonly level?: number;
  /** Slots of the day that each have a rate of their own, 1 … 288; 1: the day does not matter. @default 48 */
  readonly slots?: number;
}

/** A count beyond it is none. */
const MOST = 1e15;
/** Windows before which there is no rate. */
const ENOUGH = 30;
/** Of a rate that wanders, the standard deviation is 5 % at least: nobody's traffic is steadier. */
const LEAST_DISPERSION = 0.0025;
/** Windows over which the wandering is averaged. */
const SPAN = 500;
/** Requests that a level is of, at least: of fewer, silence would be usual before it is evidence. */
const STEADY = 100;
/** Where next to nothing comes, this many still may. */
const LEAST_EXPECTED = 0.5;

/**
 * Whether there are fewer or more requests than chance makes of the usual rate at this time of day: by the
 * Poisson distribution where the rate is steady, by the negative binomial one where it wanders; of this
 * window and of those in a row with it on the same side. Silence is an alarm where it is improbable.
 *
 * The value is the number of requests in a window, unless `count` is in the context. Windows are taken to
 * be of one length. State: 500 bytes.
 * @throws RangeError listing every fault of the options
 */
export function trafficRate(options?: TrafficRateOptions): Detector {
  const settings = numbers("trafficRate", options, {
    probability: real(1e-15, 0.1, 1e-6),
    level: whole(2, 10_000, 12),
    slots: whole(1, 288, 48),
  });
  return detectorOf("trafficRate", () => new TrafficRate(settings));
}

class TrafficRate implements Method {
  windows = 0;
  /** Requests a window, of late; and what was usual at those times. */
  level = 0;
  usual = 0;
  readonly day: DayShape;
  /** Mean of the squared wandering of the rate, as a share of it. */
  dispersion = 0.01;
  /** Windows in a row that were all below what was expected, or all above. */
  readonly run = new Pool(0.95);
  readonly #rate: number;
  readonly #alarm: number;

  constructor({ probability, level, slots }: Readonly<Required<TrafficRateOptions>>) {
    this.day = new DayShape(slots);
    this.#rate = 2 / (level + 1);
    this.#alarm = -Math.log(probability);
  }

  read(value: number, context: ObservationContext | undefined): number | undefined {
    const count = context?.count ?? value;
    return typeof count === "number" && count >= 0 && count < MOST ? count : undefined;
  }

  judge(count: number, timeMs: number): Judgement | undefined {
    if (this.windows < ENOUGH) return undefined;
    const expected = this.#expected(timeMs);
    const alarm = this.#alarm;
    const below = (off: number) => this.#surprise(expected - off, expected);
    const above = (off: number) => this.#surprise(expected + off, expected);
    const most = Math.max(100, 100 * expected);
    let surprise = this.#surprise(count, expected);
    if (this.#isInRun(count, expected)) {
      surprise = Math.max(surprise, this.#surprise(...this.run.with(count, expected)));
    }
    return {
      score: scoreOf(surprise, alarm),
      expected,
      lower: expected - reaching(alarm, 0, expected, below),
      upper: expected + reaching(alarm, 0, most, above),
      explain: () =>
        `${figure(count)} requests came, where ${figure(expected)} are usual at this time: ${count < expected ? "fewer" : "more"} than chance makes of that`,
    };
  }

  learn(count: number, timeMs: number, judgement: Judgement | undefined): void {
    const { lower = 0, upper = Number.POSITIVE_INFINITY } = judgement ?? {};
    const expected = this.#expected(timeMs);
    if (!this.#isInRun(count, expected)) this.run.clear();
    this.run.learn(count, expected);
    // What is an alarm teaches no more than what would just have been none.
    const counted = Math.min(upper, Math.max(lower, count));
    const windows = ++this.windows;
    if (windows > ENOUGH / 2) {
      const wandered = (counted - expected) ** 2 - expected;
      const share = wandered / Math.max(LEAST_EXPECTED, expected) ** 2;
      this.dispersion += (share - this.dispersion) * Math.max(1 / windows, 1 / SPAN);
    }
    const steady = Math.min(this.#rate, Math.max(expected, counted) / STEADY);
    const rate = Math.max(steady, 1 / windows);
    const usual = this.day.at(timeMs);
    this.usual += rate * ((Number.isNaN(usual) ? counted : usual) - this.usual);
    this.level += rate * (counted - this.level);
    this.day.learn(counted, timeMs);
  }

  #surprise(count: number, expected: number): number {
    const mean = count > expected ? Math.max(LEAST_EXPECTED, expected) : expected;
    if (count > expected && count <= mean) return 0;
    return countSurprise(count, mean, Math.max(LEAST_DISPERSION, this.dispersion));
  }

  /** Whether a window is on the same side of what was expected as those before it. */
  #isInRun(count: number, expected: number): boolean {
    return count < expected === this.run.happened < this.run.against;
  }

  /** As much as other days brought at this time, and as much more or less as there was of late. */
  #expected(timeMs: number): number {
    const usual = this.day.at(timeMs);
    if (Number.isNaN(usual) || this.usual === 0) return this.level;
    return usual * (this.level / this.usual);
  }
}
