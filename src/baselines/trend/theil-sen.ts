import { normalQuantile } from "../normal.js";
import { median, quantileOf } from "../quantiles.js";
import type { Columns } from "../series.js";

/** Most instants that pairs are made of; beyond it neighbours are averaged. 120 make 7,140 pairs. */
const MOST = 120;

/** A line through a series, and how sure its slope is. */
export interface Line {
  /** A unit of time. */
  readonly slope: number;
  /** Bounds of the slope at the level asked for. */
  readonly lower: number;
  readonly upper: number;
  /** Value at the first instant. */
  readonly start: number;
  /** Deviation of values from the line. */
  readonly deviation: number;
  /** Pairs that rise less those that fall, as a share of all: −1 … 1. @see Kendall 1938 */
  readonly tau: number;
}

/**
 * The median of the slopes between all pairs of values: a quarter of them may be outliers. Its bounds come
 * from the ranks of Kendall's test, wider by how much each value resembles the one before it.
 *
 * @param level - 0 … 1, how often the bounds are to hold the true slope
 * @returns undefined of fewer than 3 instants
 * @see Sen 1968, "Estimates of the Regression Coefficient Based on Kendall's Tau"; Hamed & Rao 1998 for the
 *   correction, here of an AR(1) remainder
 */
export function lineThrough(series: Columns, level: number): Line | undefined {
  const { times, values } = averaged(series);
  const n = times.length;
  if (n < 3) return undefined;
  const slopes = new Float64Array((n * (n - 1)) / 2);
  let count = 0;
  let sign = 0;
  for (let i = 0; i < n; i++) {
    for (let j = i + 1; j < n; j++) {
      const apart = (times[j] as number) - (times[i] as number);
      if (apart <= 0) continue;
      const slope = ((values[j] as number) - (values[i] as number)) / apart;
      slopes[count++] = slope;
      sign += Math.sign(slope);
    }
  }
  if (count < 3) return undefined;
  const sorted = slopes.subarray(0, count).sort();
  const slope = quantileOf(sorted, 0.5);
  const zero = series.times[0] as number;
  const offsets = values.map((value, i) => value - slope * ((times[i] as number) - zero));
  const start = median(offsets);
  const rests = offsets.map((offset) => offset - start);
  const variance = ((n * (n - 1) * (2 * n + 5)) / 18) * dependence(rests);
  const ranks = normalQuantile((1 + level) / 2) * Math.sqrt(variance);
  const at = (rank: number) => sorted[Math.min(count - 1, Math.max(0, Math.round(rank)))] as number;
  return {
    slope,
    lower: at((count - ranks) / 2 - 1),
    upper: at((count + ranks) / 2),
    start,
    deviation: deviationOf(series, slope, start),
    tau: sign / count,
  };
}

function deviationOf({ times, values }: Columns, slope: number, start: number): number {
  let squares = 0;
  for (const [i, value] of values.entries()) {
    const rest = value - start - slope * ((times[i] as number) - (times[0] as number));
    squares += rest * rest;
  }
  return Math.sqrt(squares / values.length);
}

/** By how much the variance grows because each value resembles the one before it. */
function dependence(rests: Float64Array): number {
  let squares = 0;
  let products = 0;
  for (let i = 0; i < rests.length; i++) {
    const rest = rests[i] as number;
    squares += rest * rest;
    if (i > 0) products += rest * (rests[i - 1] as number);
  }
  if (squares === 0) return 1;
  // A short series shows less of it than there is.
  const seen = products / squares;
  const rho = Math.min(0.95, Math.max(0, seen + (1 + 3 * seen) / rests.length));
  return (1 + rho) / (1 - rho);
}

function averaged({ times, values }: Columns): Columns {
  const size = Math.ceil(times.length / MOST);
  if (size <= 1) return { times, values };
  const blocks = Math.ceil(times.length / size);
  const meanOf = (column: Float64Array) => (_: unknown, block: number) => {
    const part = column.subarray(block * size, (block + 1) * size);
    return part.reduce((sum, value) => sum + value / part.length, 0);
  };
  return {
    times: Float64Array.from({ length: blocks }, meanOf(times)),
    values: Float64Array.from({ length: blocks }, meanOf(values)),
  };
}
