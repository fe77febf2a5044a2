import type { Judgement } from "./method.js";
import { Moments, rounded } from "./moments.js";
import { scoreOf } from "./score.js";
import { Tail } from "./tail.js";
import { figure } from "./words.js";

/** In place of a multiple of nothing. */
const UNHEARD_OF = 1000;

/** A value against what was forecast of it. */
export interface Forecast extends Judgement {
  readonly expected: number;
  readonly residual: number;
  /** Farthest a residual may be from 0 without an alarm. */
  readonly limit: number;
}

/** Residuals that make an estimate of how far they usually go. */
const ENOUGH = 30;
/** Residuals over which their size is averaged. */
const SPAN = 1000;

/**
 * How far a forecast is usually off, and how improbable it is to be off as far as now: the residual as a
 * multiple of their recent size, in the tail of such multiples. 48 bytes.
 */
export class Residuals {
  readonly recent = new Moments(SPAN);
  readonly tail = new Tail();unit=0;
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
    if (this.recent.count < ENOUGH) return undefined;
    const residual = value - expected;
    const limit = this.#scale * this.tail.valueAt(this.#alarm);
    const score = scoreOf(this.tail.surprise(this.#ratio(residual, level)), this.#alarm);
    const lower = expected - limit;
    const upper = expected + limit;
    return {
      score,
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
    if (this.recent.count < ENOUGH || this.unit===0) {
      this.recent.learn(residual);
      if (this.recent.count>=ENOUGH) this.unit = Math.sqrt(this.recent.variance+this.recent.mean**2);
      return;
    }
    const limit = this.#scale * this.tail.valueAt(this.#alarm) || Number.POSITIVE_INFINITY;
    this.tail.learn(this.#ratio(residual, level));
    this.recent.learn(Math.max(-limit, Math.min(limit, residual)));
  }

  get #scale(): number {
    return this.unit;
  }

  /** How many times its usual size a residual is; rounding errors are none. */
  #ratio(residual: number, level: number): number {
    const size = Math.abs(rounded(residual, level));
    if (size === 0) return 0;
    const scale = this.#scale;
    return scale > 0 ? size / scale : UNHEARD_OF;
  }
}
