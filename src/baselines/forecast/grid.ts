import { quantileOf } from "../quantiles.js";
import { columnsOf, type Series } from "../series.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
export const DAY_MS = 24 * HOUR_MS;

/** Steps that a day is a multiple of. */
const STEPS_MS = [
  1000,
  10_000,
  30_000,
  MINUTE_MS,
  5 * MINUTE_MS,
  15 * MINUTE_MS,
  HOUR_MS,
  6 * HOUR_MS,
  DAY_MS,
];

/** Most steps that are looked back on. A fit takes time in proportion. */
const MOST_STEPS = 1500;

/** Below a second a series is counted in steps of its own. */
function stepFor(neededMs: number): number {
  if (neededMs < 500) return Math.max(1, Math.ceil(neededMs));
  return STEPS_MS.find((step) => step >= neededMs) ?? DAY_MS * Math.ceil(neededMs / DAY_MS);
}

/** A series at even steps; NaN where nothing is known. */
export interface Grid {
  /** Time of the first step; a multiple of the step since the epoch. */
  readonly startMs: number;
  readonly stepMs: number;
  readonly values: Float64Array;
}

/** @returns undefined of fewer than two instants */
export function gridOf(series: Series, horizonMs: number): Grid | undefined {
  const { times, values } = columnsOf(series);
  const last = times.length - 1;
  if (last < 1 || times[0] === times[last]) return undefined;
  const gaps = times.subarray(1).map((time, at) => time - (times[at] as number));
  const usual = quantileOf(gaps.filter((gap) => gap > 0).sort(), 0.5);
  const span = (times[last] as number) - (times[0] as number);
  const needed = Math.max(usual * 0.75, span / MOST_STEPS, horizonMs / MOST_STEPS);
  const stepMs = stepFor(needed);
  const first = Math.floor((times[0] as number) / stepMs);
  const size = Math.floor((times[last] as number) / stepMs) - first + 1;
  if (size < 2) return undefined;
  const sums = new Float64Array(size);
  const counts = new Uint32Array(size);
  for (let i = 0; i <= last; i++) {
    const at = Math.floor((times[i] as number) / stepMs) - first;
    sums[at] += values[i] as number;
    counts[at]++;
  }
  return {
    startMs: first * stepMs,
    stepMs,
    values: sums.map((sum, at) => sum / (counts[at] as number)),
  };
}
