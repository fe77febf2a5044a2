import type { Judgement } from "./method.js";
import { rounded } from "./moments.js";
import { scoreOf } from "./score.js";
import { Tail } from "./tail.js";
import { figure } from "./words.js";

/** A value against what was forecast of it. */
export interface Forecast extends Judgement {
  readonly expected: number;
  readonly residual: number;
  /** Farthest a residual may be from 0 without an alarm. */
  readonly limit: number;
}

/** Residuals that make an estimate of how far they usually go. */
const ENOUGH = 30;

/** How far forecasts are usually off, and how improbable it is to be off as far as now. 200 bytes. */
export class Residuals {
  readonly tail = new Tail();
  readonly #alarm: number;

  /** @param probability - of the alarm, one value in 1/probability */
  constructor(probability: number) {
    this.#alarm = -Math.log(probability);
  }

  /**
   * @param level - of the series, where that is not what is expected
   * @returns undefined while it knows too few
   */
  judge(value: number, expected: number, level = expected): Forecast | undefined {
    if (this.tail.count < ENOUGH) return undefined;
    const residual = rounded(value - expected, level);
    const limit = this.tail.valueAt(this.#alarm);
    const lower = expected - limit;
    const upper = expected + limit;
    return {
      score: scoreOf(this.tail.surprise(Math.abs(residual)), this.#alarm),
      expected,
      lower,
      upper,
      residual,
      limit,
      explain: () =>
        residual > 0
          ? `${figure(value)} is above ${figure(upper)}, the most to be expected now; the forecast was ${figure(expected)}`
          : `${figure(value)} is below ${figure(lower)}, the least to be expected now; the forecast was ${figure(expected)}`,
    };
  }

  /** @param level - of the series */
  learn(residual: number, level: number): void {
    this.tail.learn(Math.abs(rounded(residual, level)));
  }
}
