import type { Series } from "../series.js";
import { copyOf, within } from "../within.js";
import { figure } from "../words.js";
import { DAY_MS, type Grid, gridOf } from "./grid.js";
import type { Spec } from "./model.js";
import { LEAST_VALUES } from "./origins.js";
import { type Found, search } from "./search.js";
import { Spread } from "./spread.js";

export interface ForecastOptions {
  /** How far ahead, in ms. @default 86_400_000, a day */
  readonly horizonMs?: number;
  /** Share of values that are to lie between `lower` and `upper`, 0.5 … 0.99. @default 0.9 */
  readonly level?: number;
  /** No value is less. @default 0 where none was negative */
  readonly min?: number;
  /** No value is more: 1 for a saturation. */
  readonly max?: number;
  /** UCUM unit, for the words; `"1"` is told as percent. */
  readonly unit?: string;
}

export interface ForecastPoint {
  /** The start of the step, epoch ms. */
  readonly timeMs: number;
  readonly expected: number;
  readonly lower: number;
  readonly upper: number;
}

/** What a series is expected to do. */
export interface Forecast {
  /** In steps of `stepMs`; none when too little is known. */
  readonly points: readonly ForecastPoint[];
  readonly stepMs: number;
  readonly level: number;
  /** What continues the series; undefined when nothing does. */
  readonly model?: Spec;
  /** The last value known, and the start of its step, epoch ms. */
  readonly current: number;
  readonly asOfMs: number;
  /** Steps with a value. */
  readonly samples: number;
  /** Mean absolute error in back-tests within the series. */
  readonly error: number;
  /** The same of repeating the last season: a forecast of use has the smaller one. */
  readonly naiveError: number;
  /** In words. */
  readonly reason: string;
}

/** Most points of a forecast, and the longest. */
const MOST_POINTS = 1500;
const LONGEST_MS = 3650 * DAY_MS;

/**
 * What a series will be: level, growth and season, with an interval.
 *
 * Tries seasons (none, day, week), forms (additive, multiplicative) and growth (none, damped, linear), and
 * takes what would have foreseen the later part of the series best; the interval is what it missed by there.
 * Outliers are clipped, gaps left out. Takes about 25 ms of CPU for five weeks of hours; `forecasting` is
 * the same in slices.
 * @returns without points when fewer than 12 values are known. Never throws
 */
export function forecast(series: Series, options?: ForecastOptions): Forecast {
  const steps = forecasting(series, options);
  for (;;) {
    const step = steps.next();
    if (step.done) return step.value;
  }
}

/** `forecast`, in pieces of work of a millisecond or two. */
export function* forecasting(series: Series, options?: ForecastOptions): Generator<void, Forecast> {
  const { unit, ...given } = copyOf(options);
  const horizonMs = within(given.horizonMs, DAY_MS, 1, LONGEST_MS);
  const level = within(given.level, 0.9, 0.5, 0.99);
  const grid = gridOf(series, horizonMs);
  const steps = grid === undefined ? 0 : Math.ceil(horizonMs / grid.stepMs);
  const horizon = Math.min(MOST_POINTS, Math.max(1, steps));
  const found = grid && (yield* search(grid, horizon));
  if (grid === undefined || found === undefined) return nothing(grid, level);
  const last = grid.values.length - 1;
  return {
    points: pointsOf(grid, found, horizon, level, boundsOf(grid, given)),
    stepMs: grid.stepMs,
    level,
    model: found.spec,
    current: grid.values[last] as number,
    asOfMs: grid.startMs + last * grid.stepMs,
    samples: grid.values.filter((value) => !Number.isNaN(value)).length,
    error: found.error,
    naiveError: found.naive,
    reason: wordsOf(found, unit),
  };
}

interface Bounds {
  readonly min: number;
  readonly max: number;
}

function boundsOf({ values }: Grid, options: ForecastOptions): Bounds {
  const least = values.some((value) => value < 0) ? Number.NEGATIVE_INFINITY : 0;
  const min = within(options.min, least, Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY);
  const { POSITIVE_INFINITY: most } = Number;
  return { min, max: within(options.max, most, min, most) };
}

function pointsOf(
  { startMs, stepMs, values }: Grid,
  { spec, next, misses, trials }: Found,
  horizon: number,
  level: number,
  { min, max }: Bounds,
): ForecastPoint[] {
  const spread = new Spread(misses, trials.reach, trials.windows, spec.growth);
  const inUnit = (inForm: number): number => {
    const value = spec.form === "multiplicative" ? Math.exp(inForm) : inForm;
    return Math.min(max, Math.max(min, value));
  };
  const points: ForecastPoint[] = [];
  for (let ahead = 1; ahead <= horizon; ahead++) {
    const inForm = next(ahead);
    points.push({
      timeMs: startMs + (values.length - 1 + ahead) * stepMs,
      expected: inUnit(inForm),
      lower: inUnit(inForm + Math.min(0, spread.at((1 - level) / 2, ahead))),
      upper: inUnit(inForm + Math.max(0, spread.at((1 + level) / 2, ahead))),
    });
  }
  return points;
}

function nothing(grid: Grid | undefined, level: number): Forecast {
  const samples = grid?.values.filter((value) => !Number.isNaN(value)).length ?? 0;
  return {
    points: [],
    stepMs: grid?.stepMs ?? 0,
    level,
    current: grid?.values.at(-1) ?? Number.NaN,
    asOfMs: grid === undefined ? Number.NaN : grid.startMs + (grid.values.length - 1) * grid.stepMs,
    samples,
    error: Number.NaN,
    naiveError: Number.NaN,
    reason: `${samples} values so far; a forecast takes ${LEAST_VALUES} at even steps`,
  };
}

const SEASONS = { none: "no season", day: "a daily season", week: "a weekly season" } as const;
const GROWTHS = {
  none: "",
  damped: ", growth that fades",
  linear: ", growth that goes on",
} as const;

function wordsOf({ spec, error, naive }: Found, unit?: string): string {
  const share = spec.form === "multiplicative" ? " in proportion to the level" : "";
  const ratio =
    naive > 0 ? `, ${figure(error / naive)} of the error of repeating the last season` : "";
  return `${SEASONS[spec.season]}${share}${GROWTHS[spec.growth]}; in back-tests it was off by ${figure(error, unit)}${ratio}`;
}
