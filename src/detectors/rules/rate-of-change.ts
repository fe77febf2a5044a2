import type { Detector } from "../detector.js";
import { detectorOf, type Judgement, type Method } from "../method/method.js";
import { checked } from "../method/options.js";
import { duration, figure, percent } from "../method/words.js";
import { type Limits, limitsOf } from "./limits.js";

export interface RateOfChangeOptions {
  /** Changes above it are alarms: by how much the value rises within `perMs`. */
  readonly above?: number;
  /** Changes below it are alarms; negative for a fall. */
  readonly below?: number;
  /** Length of time that a change is told for, ms. @default 60_000 */
  readonly perMs?: number;
  /** Whether changes are shares of the value before: 0.5 is half as much again. @default false */
  readonly relative?: boolean;
}

const LONGEST_MS = 366 * 86_400_000;

/**
 * A limit on how fast a value changes, from each one to the next, whatever their distance in time.
 *
 * @throws RangeError listing every fault of the options
 */
export function rateOfChange(options: RateOfChangeOptions): Detector {
  const { limits, perMs, relative } = checked("rateOfChange", (checks) => {
    const limits = limitsOf(checks, options, ["perMs", "relative"]);
    const { relative = false, ...fields } = checks.fields("", options, ["perMs", "relative"]);
    checks.type("relative", relative, ["boolean"], "give true or false");
    const perMs = checks.number("perMs", fields.perMs, 60_000, 1, LONGEST_MS, false);
    return { limits, perMs, relative };
  });
  return detectorOf("rateOfChange", () => new RateOfChange(limits, perMs, relative));
}

class RateOfChange implements Method {
  value = Number.NaN;
  timeMs = Number.NaN;
  readonly #limits: Limits;
  readonly #perMs: number;
  readonly #isRelative: boolean;

  constructor(limits: Limits, perMs: number, isRelative: boolean) {
    this.#limits = limits;
    this.#perMs = perMs;
    this.#isRelative = isRelative;
  }

  judge(value: number, timeMs: number): Judgement | undefined {
    if (Number.isNaN(this.value)) return undefined;
    const times = (timeMs - this.timeMs) / this.#perMs;
    // Of a time that has not advanced, or has gone back for good, there is no rate.
    if (!(times > 0)) return { score: 0, explain: () => "" };
    const unit = this.#isRelative ? Math.abs(this.value) : 1;
    const change = value - this.value;
    const rate = change === 0 ? 0 : change / (unit * times);
    const { above, below } = this.#limits;
    return {
      score: this.#limits.score(rate),
      lower: this.value + below * unit * times,
      upper: this.value + above * unit * times,
      explain: () => {
        const [by, limit] = [rate, rate > above ? above : below].map((each) => this.#words(each));
        return `it went from ${figure(this.value)} to ${figure(value)} in ${duration(timeMs - this.timeMs)}: ${by} in ${duration(this.#perMs)}, where ${limit} is the limit`;
      },
    };
  }

  learn(value: number, timeMs: number): void {
    this.value = value;
    this.timeMs = timeMs;
  }

  #words(rate: number): string {
    return this.#isRelative ? percent(rate) : figure(rate);
  }
}
