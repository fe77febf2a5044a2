import { show } from "../../readers/checks.js";
import type { Detector, ObservationContext } from "../detector.js";
import { detectorOf, type Judgement, type Method } from "../method/method.js";
import { checked, numbersOf, real, whole } from "../method/options.js";
import { scoreOf } from "../method/score.js";
import { figure, percent } from "../method/words.js";
import { DISTANCES, octavesMoved } from "./distances.js";
import { BINS, type Binned, binned, edgeOf } from "./log-grid.js";

export interface DistributionShiftOptions {
  /**
   * How far apart two distributions are: by the least probable share of values beyond any edge
   * (Berk and Jones), which sees a few values where none were; by how much values have moved
   * (Wasserstein-1 on logarithms); or by the largest difference of shares (Kolmogorov and Smirnov).
   * @default "berk-jones"
   */
  readonly distance?: keyof typeof DISTANCES;
  /** Probability of a distance that is an alarm. @default 1e-6 */
  readonly probability?: number;
  /** Windows that the baseline reaches back. @default 360 */
  readonly memory?: number;
}

type Settings = Readonly<Required<DistributionShiftOptions>>;

/** Windows, and values in them, before which there is no baseline; and before which nothing is said. */
const WINDOWS = 10;
const VALUES = 100;
const ENOUGH = 30;
/** Share of the weight that a window has in the baseline when it was an alarm. */
const TAUGHT_BY_ALARM = 0.2;
/** A window counts for at most so many usual ones: a burst of load is not what is usual. */
const MOST_WEIGHT = 3;
/** Values that share their fate, at least: of a thousand one. Smaller shifts nobody would act on. */
const LEAST_COMPANY = 0.001;
/** Share of what a range of values has gained that is worth telling. */
const NEARLY = 0.95;
/** A distance counts for at most so many usual ones in what is usual. */
const MOST_SQUARES = 9;

/**
 * Whether the whole distribution of the last window (of latencies, say) differs from that of those before:
 * a second mode, a cache that is missed, a tail that moved, where p50 and p99 may look as ever.
 *
 * Needs `histogram` in the context; the value is not looked at. How far windows of so many values are apart
 * by chance is known, how far they wander beyond that is learned: ten requests at night that differ are
 * nothing. The grid has 4 bins to an octave. State: 1 KB. A window costs 10 … 30 µs.
 * @throws RangeError listing every fault of the options
 */
export function distributionShift(options?: DistributionShiftOptions): Detector {
  const settings = checked("distributionShift", (checks) => {
    const ranges = { probability: real(1e-15, 0.1, 1e-6), memory: whole(10, 1_000_000, 360) };
    const { distance = "berk-jones" } = checks.fields("", options, ["distance"]);
    if (!Object.hasOwn(DISTANCES, distance)) {
      const known = Object.keys(DISTANCES).join('", "');
      checks.fault(`distance is ${show(distance)}; give one of "${known}"`);
    }
    return { ...numbersOf(checks, options, ranges, ["distance"]), distance };
  });
  return detectorOf("distributionShift", () => new DistributionShift(settings));
}

class DistributionShift implements Method<Binned> {
  windows = 0;
  /** Of the grid; the first median. */
  middle = 0;
  /** Values at or below each edge, and all, of a window: forgetting means. */
  readonly atOrBelow = new Float64Array(BINS);
  count = 0;
  /** How much values share their fate: forgetting sums of squares beyond chance, and of counts. */
  apart = 0;
  pairs = 0;
  readonly #settings: Settings;
  readonly #alarm: number;
  readonly #now = new Float64Array(BINS);
  readonly #usual = new Float64Array(BINS);

  constructor(settings: Settings) {
    this.#settings = settings;
    this.#alarm = -Math.log(settings.probability);
  }

  read(_value: number, context: ObservationContext | undefined): Binned | undefined {
    const histogram = context?.histogram;
    return histogram ? binned(histogram, this.middle) : undefined;
  }

  judge(window: Binned): Judgement | undefined {
    if (this.windows < ENOUGH || this.count * this.windows < VALUES) return undefined;
    const { surprise } = DISTANCES[this.#settings.distance];
    return {
      score: scoreOf(surprise(this.#squares(window) / this.#company(window.count)), this.#alarm),
      explain: () => this.#explain(window),
    };
  }

  learn(window: Binned, _timeMs: number, judgement: Judgement | undefined): void {
    const { memory } = this.#settings;
    if (this.middle === 0) this.middle = window.middle;
    const isAlarm = judgement !== undefined && judgement.score >= 0.5;
    const most = MOST_WEIGHT * (this.count || window.count) * (isAlarm ? TAUGHT_BY_ALARM : 1);
    const weight = Math.min(window.count, most);
    if (this.windows >= WINDOWS) this.#learnCompany(window, Math.max(0, weight - 1));
    const rate = Math.max(1 / ++this.windows, 1 / memory);
    this.count += rate * (weight - this.count);
    for (let bin = 0; bin < BINS; bin++) {
      const below = (window.atOrBelow[bin] / window.count) * weight;
      this.atOrBelow[bin] += rate * (below - this.atOrBelow[bin]);
    }
  }

  /** @param others - what else there is for each value, as much as counts */
  #learnCompany(window: Binned, others: number): void {
    const { memory } = this.#settings;
    const share = (this.#squares(window) - 1) / Math.max(1, window.count - 1);
    const most = (MOST_SQUARES * this.#company(window.count)) / window.count;
    this.apart += (Math.min(most, share) * others * others - this.apart) / memory;
    this.pairs += (others * others - this.pairs) / memory;
  }

  #squares(window: Binned): number {
    this.#compare(window);
    const { squares } = DISTANCES[this.#settings.distance];
    return squares(this.#now, this.#usual, window.count);
  }

  /** By how much less independent values of a window are than they are many. */
  #company(count: number): number {
    const share = this.pairs > 0 ? this.apart / this.pairs : 0;
    return 1 + Math.max(0, count - 1) * Math.min(1, Math.max(LEAST_COMPANY, share));
  }

  /** Shares at or below each edge; of the baseline half a value is taken for granted on either side. */
  #compare(window: Binned): void {
    const windows = Math.min(this.windows, this.#settings.memory);
    const all = this.count * windows + 1;
    for (let bin = 0; bin < BINS; bin++) {
      this.#now[bin] = window.atOrBelow[bin] / window.count;
      this.#usual[bin] = (this.atOrBelow[bin] * windows + 0.5) / all;
    }
  }

  /** Where values are now that were not there before: the run of bins that has gained most. */
  #explain(window: Binned): string {
    this.#compare(window);
    const now = this.#now;
    const usual = this.#usual;
    const gained = (bin: number): number => (bin < 0 ? 0 : now[bin] - usual[bin]);
    let [from, to, most, start] = [-1, 0, 0, -1];
    for (let bin = 0; bin < BINS; bin++) {
      if (gained(bin) - gained(start) > most) {
        most = gained(bin) - gained(start);
        [from, to] = [start, bin];
      }
      if (gained(bin) < gained(start)) start = bin;
    }
    // As short as it can be with nearly all of the gain.
    while (gained(to - 1) - gained(from) > NEARLY * most) to--;
    while (gained(to) - gained(from + 1) > NEARLY * most) from++;
    const share = now[to] - (from < 0 ? 0 : now[from]);
    const low = from < 0 ? 0 : edgeOf(this.middle, from);
    const where =
      to >= BINS - 1
        ? `above ${figure(low)}`
        : `from ${figure(low)} to ${figure(edgeOf(this.middle, to))}`;
    const factor = 2 ** octavesMoved(now, usual);
    return `${percent(share)} of ${figure(window.count)} values are ${where}, where ${percent(Math.max(0, share - gained(to) + gained(from)))} usually are; on average a value is off by a factor of ${figure(factor)}`;
  }
}
