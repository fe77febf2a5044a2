import type { Series } from "../series.js";
import { copyOf } from "../within.js";
import { duration, figure } from "../words.js";
import { type Forecast, type ForecastOptions, forecast } from "./forecast.js";

const MONTH_MS = 30 * 86_400_000;

/** When a series gets somewhere. */
export interface Reach {
  readonly threshold: number;
  /**
   * `reached`: it is there. `expected`: it gets there within the horizon. `possible`: only the bound of the
   * interval does. `not within horizon`: not even that. `unknown`: too little is known.
   */
  readonly state: "reached" | "expected" | "possible" | "not within horizon" | "unknown";
  /** Epoch ms, where within the horizon: when it is expected there… */
  readonly expectedMs?: number;
  /** …when the near bound is, and when the far one. */
  readonly earliestMs?: number;
  readonly latestMs?: number;
  /** Until when was looked, epoch ms. */
  readonly untilMs: number;
  /** Of the interval. */
  readonly level: number;
  /** In words. */
  readonly reason: string;
}

export interface ReachOptions extends ForecastOptions {
  /** How far ahead is looked, in ms. @default 2_592_000_000, 30 days */
  readonly horizonMs?: number;
  /** Where the threshold lies. @default above the last value */
  readonly direction?: "up" | "down";
}

/**
 * When a series reaches a threshold: "when is this 90 % full?", with an interval, or honestly not within
 * the horizon. Costs a forecast. Never throws.
 */
export function timeToReach(series: Series, threshold: number, options?: ReachOptions): Reach {
  const { direction, horizonMs = MONTH_MS, ...rest } = copyOf(options);
  return reachOf(forecast(series, { ...rest, horizonMs }), threshold, direction, rest.unit);
}

/** When a forecast reaches a threshold. */
export function reachOf(
  forecast: Forecast,
  threshold: number,
  direction: "up" | "down" = "up",
  unit = "",
): Reach {
  const { points, level, asOfMs, current } = forecast;
  const untilMs = points.at(-1)?.timeMs ?? asOfMs;
  const base = { threshold, untilMs, level };
  if (points.length === 0) return { ...base, state: "unknown", reason: forecast.reason };
  if (typeof threshold !== "number" || Number.isNaN(threshold)) {
    return { ...base, state: "unknown", reason: "the threshold is no number" };
  }
  const isThere = (value: number) => (direction === "up" ? value >= threshold : value <= threshold);
  const goal = figure(threshold, unit);
  if (isThere(current)) {
    const reason = `at ${figure(current, unit)}: ${goal} is reached`;
    return { ...base, state: "reached", expectedMs: asOfMs, earliestMs: asOfMs, reason };
  }
  const near = direction === "up" ? "upper" : "lower";
  const far = direction === "up" ? "lower" : "upper";
  const [earliestMs, expectedMs, latestMs] = ([near, "expected", far] as const).map((path) =>
    crossing(forecast, path, threshold, isThere),
  );
  const found = {
    ...base,
    ...(earliestMs === undefined ? {} : { earliestMs }),
    ...(expectedMs === undefined ? {} : { expectedMs }),
    ...(latestMs === undefined ? {} : { latestMs }),
  };
  const away = (timeMs: number) => duration(timeMs - asOfMs);
  if (expectedMs !== undefined) {
    const late = latestMs === undefined ? `more than ${away(untilMs)}` : away(latestMs);
    const interval = `${away(earliestMs ?? expectedMs)} to ${late}`;
    const reason = `reaches ${goal} in ${away(expectedMs)} (${interval}, sure to ${figure(level, "1")})`;
    return { ...found, state: "expected", reason };
  }
  const most = points.reduce((best, point) => (isBeyond(point, best) ? point : best));
  function isBeyond(a: { expected: number }, b: { expected: number }): boolean {
    return direction === "up" ? a.expected > b.expected : a.expected < b.expected;
  }
  const comes = `${figure(most.expected, unit)} at the ${direction === "up" ? "most" : "least"}`;
  if (earliestMs !== undefined) {
    const reason = `may reach ${goal} in ${away(earliestMs)}; expected is ${comes} within ${away(untilMs)}`;
    return { ...found, state: "possible", reason };
  }
  const reason = `does not reach ${goal} within ${away(untilMs)}; expected is ${comes}`;
  return { ...found, state: "not within horizon", reason };
}

/** The first time a path is there, between steps in proportion. */
function crossing(
  { points, asOfMs, current }: Forecast,
  path: "expected" | "lower" | "upper",
  threshold: number,
  isThere: (value: number) => boolean,
): number | undefined {
  let timeMs = asOfMs;
  let value = current;
  for (const point of points) {
    if (isThere(point[path])) {
      const share = (threshold - value) / (point[path] - value);
      return timeMs + (point.timeMs - timeMs) * Math.min(1, Math.max(0, share || 0));
    }
    timeMs = point.timeMs;
    value = point[path];
  }
  return undefined;
}
