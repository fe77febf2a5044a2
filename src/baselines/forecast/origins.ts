import type { Cycle, Season } from "./model.js";

const ORIGINS = 8;
/** Values without which nothing is said. */
export const LEAST_VALUES = 12;
/** Seasons that must have been seen before one is believed in. */
const LEAST_SEASONS = 1.5;

/** Where the past is cut, to see how well its later part would have been foreseen. */
export interface Trials {
  /** How many values are known at each. */
  readonly origins: readonly number[];
  /** Steps ahead that are looked at from each; fewer where the series ends. */
  readonly reach: number;
  /** How many such reaches, end to end, the judged part of the series has room for. */
  readonly windows: number;
  readonly seasons: readonly Season[];
}

export function cycleOf(season: Season, stepsPerDay: number): Cycle {
  if (season === "none") return { length: 0, days: 1 };
  return season === "day" ? { length: stepsPerDay, days: 1 } : { length: 7 * stepsPerDay, days: 7 };
}

/**
 * @param size - steps of the series
 * @param horizon - steps that are to be foreseen
 */
export function trialsOf(size: number, horizon: number, stepsPerDay: number): Trials {
  const isWhole = Number.isInteger(stepsPerDay);
  const seasons = (["none", "day", "week"] as const).filter((season) => {
    if (season === "none") return true;
    const { length } = cycleOf(season, stepsPerDay);
    return isWhole && length >= 4 && size >= LEAST_SEASONS * length;
  });
  // Whatever the horizon, a season shows only over a week.
  const wanted = isWhole ? Math.max(horizon, 7 * stepsPerDay) : horizon;
  const reach = Math.max(1, Math.min(wanted, Math.floor(size / 3)));
  let first = Math.floor(size / 2);
  for (const season of seasons) {
    const { length } = cycleOf(season, stepsPerDay);
    first = Math.max(first, Math.ceil(Math.min(2 * length, 0.85 * size)));
  }
  const last = Math.max(first, size - Math.ceil(reach / 4));
  const origins = new Set<number>();
  for (let at = 0; at < ORIGINS; at++) {
    origins.add(Math.round(first + ((last - first) * at) / (ORIGINS - 1)));
  }
  return { origins: [...origins], reach, windows: (size - first) / reach, seasons };
}
