import type { Detector } from "../detector.js";
import { detectorOf, type Method } from "../method/method.js";
import { numbers, real } from "../method/options.js";
import { type Forecast, Residuals } from "../method/residuals.js";
import { PROBABILITY } from "../method/score.js";
import { Season, SLOTS } from "../method/season.js";

export interface HoltWintersOptions {
  /** Length of the season in ms; 0: found from the series. @default 0 */
  readonly seasonMs?: number;
  /** How fast the level follows, 0…1. @default 0.2 */
  readonly alpha?: number;
  /** How fast the trend follows, 0…1. @default 0.02 */
  readonly beta?: number;
  /** How fast the season follows, from one to the next, 0…1. @default 0.3 */
  readonly gamma?: number;
  /** Share of the trend that is left after a value, 0…1. @default 0.98 */
  readonly damping?: number;
  /** Probability of a residual that is an alarm. @default 1e-4 */
  readonly probability?: number;
}

/** Values ahead that a trend is carried at most, over a gap. */
const AHEAD = 100;

/**
 * Triple exponential smoothing: level, damped trend and season, each forecast a step ahead; the value is
 * judged by how far forecasts have been off before.
 *
 * The season is found once it was there three times, and has up to 288 slots, whatever the interval of
 * the values. State: 9 KB, 13 KB saved.
 * @throws RangeError listing every fault of the options
 * @see Winters 1960; Gardner and McKenzie 1985, Forecasting trends in time series (damping)
 */
export function holtWinters(options?: HoltWintersOptions): Detector {
  const settings = numbers("holtWinters", options, {
    seasonMs: real(0, 366 * 86_400_000, 0),
    alpha: real(0, 1, 0.2),
    beta: real(0, 1, 0.02),
    gamma: real(0, 1, 0.3),
    damping: real(0, 1, 0.98),
    probability: real(1e-12, 0.1, PROBABILITY),
  });
  return detectorOf("holtWinters", () => new HoltWinters(settings));
}

class HoltWinters implements Method<number, Forecast> {
  readonly season: Season;
  readonly seasonal = new Float64Array(SLOTS);
  readonly visits = new Float64Array(SLOTS);
  readonly residuals: Residuals;
  seen = 0;
  level = 0;
  trend = 0;
  readonly #settings: Readonly<Required<HoltWintersOptions>>;

  constructor(settings: Readonly<Required<HoltWintersOptions>>) {
    this.season = new Season(settings.seasonMs);
    this.residuals = new Residuals(settings.probability);
    this.#settings = settings;
  }

  judge(value: number, timeMs: number): Forecast | undefined {
    if (this.seen === 0) return undefined;
    return this.residuals.judge(value, this.#baseAt(timeMs) + this.#seasonalAt(timeMs));
  }

  learn(value: number, timeMs: number, judgement: Forecast | undefined): void {
    if (this.seen++ === 0) this.level = value;
    const { alpha, beta, gamma, damping } = this.#settings;
    const base = this.#baseAt(timeMs);
    const expected = base + this.#seasonalAt(timeMs);
    const residual = value - expected;
    const limit = judgement?.limit || Number.POSITIVE_INFINITY;
    // What is far out teaches no more than what is just out.
    const step = Math.max(-limit, Math.min(limit, residual));
    this.level = base + alpha * step;
    this.trend = damping * this.trend + alpha * beta * step;
    if (this.season.lengthMs > 0) {
      const slot = this.season.slotAt(timeMs);
      const visits = ++this.visits[slot];
      // Of a slot that was never seen nothing is far out.
      const learned = visits === 1 ? residual : Math.max(gamma, 1 / visits) * (1 - alpha) * step;
      this.seasonal[slot] += learned;
    }
    this.residuals.learn(residual, expected);
    if (this.season.learn(timeMs, value)) this.#begin(timeMs, value);
  }

  /** A season has been found: its shape so far is what the bins hold. */
  #begin(timeMs: number, value: number): void {
    const profile = this.season.profile();
    const known = profile.filter((mean) => !Number.isNaN(mean));
    const mean = known.reduce((sum, each) => sum + each, 0) / (known.length || 1);
    this.seasonal.fill(0);
    this.visits.fill(0);
    for (const [slot, each] of profile.entries()) {
      if (Number.isNaN(each)) continue;
      this.seasonal[slot] = each - mean;
      this.visits[slot] = 3;
    }
    this.level = value - this.#seasonalAt(timeMs);
    this.trend = 0;
  }

  /** Level and trend as they would be then. */
  #baseAt(timeMs: number): number {
    const { damping } = this.#settings;
    const steps = this.season.pace.stepsTo(timeMs, AHEAD);
    const sum = damping === 1 ? steps : (damping * (1 - damping ** steps)) / (1 - damping);
    return this.level + this.trend * sum;
  }

  #seasonalAt(timeMs: number): number {
    return this.season.lengthMs === 0 ? 0 : this.seasonal[this.season.slotAt(timeMs)];
  }
}
