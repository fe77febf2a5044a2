import { columnsOf, type Series } from "../series.js";
import { copyOf, within } from "../within.js";
import { figure } from "../words.js";
import { type Forecast, type ForecastOptions, forecast } from "./forecast.js";
import { DAY_MS, gridOf } from "./grid.js";
import { naiveAt } from "./naive.js";

export interface BackTestOptions extends ForecastOptions {
  /** How many times the past is cut, 1 … 100. @default 8 */
  readonly origins?: number;
  /** Share of the series that is known at the first cut, 0.2 … 0.9. @default 0.6 */
  readonly from?: number;
}

/** How well forecasts of a series would have been. */
export interface BackTest {
  readonly origins: number;
  /**
   * Mean absolute scaled error: that of the forecasts over that of repeating the last season within what
   * was known. Below 1 is better than repeating.
   */
  readonly mase: number;
  /** Mean absolute error over that of repeating the last season at the same instants. */
  readonly relative: number;
  /** Share of values that were within their interval; to be compared with `level`. */
  readonly coverage: number;
  readonly level: number;
  /** In words. */
  readonly reason: string;
}

/**
 * Rolling origin: cuts the series at several instants, forecasts from what was known at each, and compares
 * with what came. Nothing after the cut is looked at. Costs a forecast per origin. Never throws.
 * @see Hyndman & Koehler 2006, "Another look at measures of forecast accuracy"
 */
export function backTest(series: Series, options?: BackTestOptions): BackTest {
  const given = copyOf(options);
  const origins = within(given.origins, 8, 1, 100);
  const from = within(given.from, 0.6, 0.2, 0.9);
  const horizonMs = within(given.horizonMs, DAY_MS, 1, 3650 * DAY_MS);
  const level = within(given.level, 0.9, 0.5, 0.99);
  const tally: Tally = { scaled: [], relative: [], inside: 0, judged: 0 };
  const { times, values } = columnsOf(series);
  const points = Array.from(times, (timeMs, i) => ({ timeMs, value: values[i] as number }));
  const first = times[0] ?? 0;
  const last = (times.at(-1) ?? 0) - horizonMs;
  const start = first + (last + horizonMs - first) * from;
  for (let at = 0; at < origins && start < last; at++) {
    const cut = start + ((last - start) * at) / Math.max(1, origins - 1);
    const known = points.filter(({ timeMs }) => timeMs <= cut);
    const came = points.filter(({ timeMs }) => timeMs > cut && timeMs <= cut + horizonMs + DAY_MS);
    compare(known, came, forecast(known, { ...given, horizonMs, level }), horizonMs, tally);
  }
  const mase = meanOf(tally.scaled);
  const relative = meanOf(tally.relative);
  const coverage = tally.inside / tally.judged;
  const reason =
    tally.judged === 0
      ? "too few values to cut"
      : `from ${tally.scaled.length} origins: ${figure(relative)} of the error of repeating the last season; ${figure(coverage, "1")} of values within their ${figure(level, "1")} interval`;
  return { origins: tally.scaled.length, mase, relative, coverage, level, reason };
}

interface Tally {
  readonly scaled: number[];
  readonly relative: number[];
  inside: number;
  judged: number;
}

function compare(
  known: Series,
  came: Series,
  foreseen: Forecast,
  horizonMs: number,
  tally: Tally,
): void {
  const grid = gridOf(known, horizonMs);
  if (grid === undefined || foreseen.points.length === 0) return;
  const { stepMs, startMs } = grid;
  const length = seasonOf(grid.values.length, stepMs);
  const actual = new Map<number, { sum: number; count: number }>();
  for (const { timeMs, value } of came) {
    const step = Math.floor(timeMs / stepMs);
    const mean = actual.get(step) ?? { sum: 0, count: 0 };
    actual.set(step, { sum: mean.sum + value, count: mean.count + 1 });
  }
  let error = 0;
  let naive = 0;
  let count = 0;
  for (const { timeMs, expected, lower, upper } of foreseen.points) {
    const mean = actual.get(Math.round(timeMs / stepMs));
    if (mean === undefined) continue;
    const value = mean.sum / mean.count;
    const ahead = Math.round((timeMs - startMs) / stepMs) - grid.values.length + 1;
    const repeated = naiveAt(grid.values, grid.values.length, ahead, length);
    error += Math.abs(value - expected);
    naive += Math.abs(value - (Number.isNaN(repeated) ? expected : repeated));
    count++;
    // A value may stand a rounding beyond a bound that it equals.
    const slack = 1e-9 * Math.abs(value);
    if (value >= lower - slack && value <= upper + slack) tally.inside++;
  }
  if (count === 0) return;
  tally.judged += count;
  const scale = inSample(grid.values, length);
  if (scale > 0) tally.scaled.push(error / count / scale);
  if (naive > 0) tally.relative.push(error / naive);
}

/** Steps of the longest season that was seen twice. */
function seasonOf(size: number, stepMs: number): number {
  const perDay = DAY_MS / stepMs;
  if (!Number.isInteger(perDay)) return 1;
  if (size >= 14 * perDay) return 7 * perDay;
  return size >= 2 * perDay ? perDay : 1;
}

/** Mean absolute error of repeating the last season, within what is known. */
function inSample(values: Float64Array, length: number): number {
  let sum = 0;
  let count = 0;
  for (let i = length; i < values.length; i++) {
    const apart = Math.abs((values[i] as number) - (values[i - length] as number));
    if (Number.isNaN(apart)) continue;
    sum += apart;
    count++;
  }
  return sum / count;
}

function meanOf(values: readonly number[]): number {
  return values.length === 0
    ? Number.NaN
    : values.reduce((sum, value) => sum + value, 0) / values.length;
}
