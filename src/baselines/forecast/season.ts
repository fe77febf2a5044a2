import type { Series } from "../series.js";
import { DAY_MS, gridOf } from "./grid.js";
import { cycleOf } from "./origins.js";
import { profileOf } from "./profile.js";

/** Days without which nothing is known of what recurs. */
const LEAST_DAYS = 2;

/**
 * A series less what recurs daily, or weekly where there are two weeks of it, at even steps: what is left is
 * level and noise, and trends show. A series of less than two days is returned as it is. Never throws.
 */
export function withoutSeason(series: Series): Series {
  const grid = gridOf(series, DAY_MS);
  if (grid === undefined) return series;
  const { startMs, stepMs, values } = grid;
  const perDay = DAY_MS / stepMs;
  if (!Number.isInteger(perDay) || perDay < 4 || values.length < LEAST_DAYS * perDay) return series;
  const { length, days } = cycleOf(values.length >= 14 * perDay ? "week" : "day", perDay);
  const first = Math.round(startMs / stepMs) % length;
  const { offsets } = profileOf(values, first, length, days);
  return Array.from(values, (value, i) => ({
    timeMs: startMs + i * stepMs,
    value: value - (offsets[(first + i) % length] as number),
  })).filter(({ value }) => !Number.isNaN(value));
}
