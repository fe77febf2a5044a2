import type { Detector } from "../detector.js";
import { detectorOf, type Method } from "../method/method.js";
import { numbers, real } from "../method/options.js";
import { type Forecast, Residuals } from "../method/residuals.js";
import { PROBABILITY } from "../method/score.js";
import { Season, SLOTS } from "../method/season.js";
import { SortedWindow } from "../method/sorted-window.js";

export interface SeasonalOptions {
  /** Length of the season in ms; 0: found from the series. @default 0 */
  readonly seasonMs?: number;
  /** Probability of a remainder that is an alarm. @default 1e-4 */
  readonly probability?: number;
}

/** Seasons of which a slot takes the median. */
const SEASONS = 5;
/** Values that the trend is the median of. */
const TREND = 61;

/**
 * Seasonal decomposition: value = trend + season + remainder, the trend a median of the last values without
 * their season, the season a median over the last five at the same slot. The remainder is judged.
 *
 * Medians make it slower than `holtWinters` to follow, and hard to mislead: one day of outage does not
 * become what is expected tomorrow. State: 19 KB, 26 KB saved.
 * @throws RangeError listing every fault of the options
 * @see Cleveland 1990, STL; Hochenbaum, Vallis and Kejariwal 2017, Automatic anomaly detection in the cloud
 */
export function seasonal(options?: SeasonalOptions): Detector {
  const settings = numbers("seasonal", options, {
    seasonMs: real(0, 366 * 86_400_000, 0),
    probability: real(1e-12, 0.1, PROBABILITY),
  });
  return detectorOf("seasonal", () => new Seasonal(settings));
}

class Seasonal implements Method<number, Forecast> {
  readonly season: Season;
  readonly trend = new SortedWindow(TREND);
  /** What the last seasons brought above the trend, by slot and then by season; and how many did. */
  readonly history = new Float64Array(SLOTS * SEASONS);
  readonly visits = new Float64Array(SLOTS);
  readonly residuals: Residuals;
  /** The open slot: which, and the sum and number of its values above the trend. */
  slot = -1;
  sum = 0;
  count = 0;
  readonly #scratch = new Float64Array(SEASONS);

  constructor({ seasonMs, probability }: Readonly<Required<SeasonalOptions>>) {
    this.season = new Season(seasonMs);
    this.residuals = new Residuals(probability);
  }

  judge(value: number, timeMs: number): Forecast | undefined {
    if (this.trend.count === 0) return undefined;
    return this.residuals.judge(value, this.trend.median + this.#seasonalAt(timeMs));
  }

  learn(value: number, timeMs: number): void {
    const seasonal = this.#seasonalAt(timeMs);
    const trend = this.trend.count === 0 ? value : this.trend.median;
    this.residuals.learn(value - trend - seasonal, trend + seasonal);
    this.trend.learn(value - seasonal);
    if (this.season.lengthMs > 0) this.#learnSeason(value - trend, timeMs);
    if (this.season.learn(timeMs, value)) this.#begin(value, timeMs);
  }

  #learnSeason(aboveTrend: number, timeMs: number): void {
    const slot = this.season.slotAt(timeMs);
    if (slot !== this.slot) {
      if (this.count > 0) {
        const nth = this.visits[this.slot]++ % SEASONS;
        this.history[this.slot * SEASONS + nth] = this.sum / this.count;
      }
      this.slot = slot;
      this.sum = 0;
      this.count = 0;
    }
    this.sum += aboveTrend;
    this.count++;
  }

  /** A season has been found: its shape so far is what the bins hold. */
  #begin(value: number, timeMs: number): void {
    const profile = this.season.profile();
    const known = profile.filter((mean) => !Number.isNaN(mean));
    const mean = known.reduce((sum, each) => sum + each, 0) / (known.length || 1);
    this.visits.fill(0);
    this.count = 0;
    this.slot = -1;
    for (const [slot, each] of profile.entries()) {
      if (Number.isNaN(each)) continue;
      // As if two seasons had been the mean of those there were: it takes two others to outvote it.
      this.history.fill(each - mean, slot * SEASONS, slot * SEASONS + 2);
      this.visits[slot] = 2;
    }
    const level = value - this.#seasonalAt(timeMs);
    for (let i = 0; i < TREND; i++) this.trend.learn(level);
  }

  #seasonalAt(timeMs: number): number {
    const { lengthMs } = this.season;
    if (lengthMs === 0) return 0;
    const slot = this.season.slotAt(timeMs);
    const count = Math.min(SEASONS, this.visits[slot]);
    if (count === 0) return 0;
    const scratch = this.#scratch.subarray(0, count);
    scratch.set(this.history.subarray(slot * SEASONS, slot * SEASONS + count));
    scratch.sort();
    return (scratch[(count - 1) >> 1] + scratch[count >> 1]) / 2;
  }
}
