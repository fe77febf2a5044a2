/** A cycle in an evenly spaced series. */
export interface Cycle {
  /** Steps, with a fraction. */
  readonly length: number;
  /** Autocorrelation at that lag, −1…1. */
  readonly strength: number;
}

/** Share of a series that must be there. */
const PRESENT = 0.7;
/** Least autocorrelation of a cycle, and least rise to it from the trough before it. */
const STRENGTH = 0.35;
const RISE = 0.3;
/** Of cycles as strong as this share of the strongest the shortest counts: its multiples are cycles too. */
const AS_GOOD = 0.85;

/** Fewer steps do not make the shape of a cycle. */
const SHORTEST = 4;
/** Share of a peak's height from which on it is its top. */
const TOP = 0.8;

/**
 * The cycle of a series that was seen three times at least: a peak of the autocorrelation that is there at
 * twice its lag too. Trend is removed, extremes are pulled in, NaN is a gap. O(n²).
 *
 * @returns undefined when there is none, or one of less than four steps
 */
export function cycleOf(series: Float64Array): Cycle | undefined {
  const steps = series.length;
  const flat = flattened(series);
  if (flat === undefined) return undefined;
  const longest = Math.floor(steps / 3);
  const r = correlations(flat, Math.floor((2 * steps) / 3));
  let trough = 1;
  let best = 0;
  const peaks: number[] = [];
  for (let lag = 2; lag <= longest; lag++) {
    trough = Math.min(trough, r[lag - 1]);
    const isPeak = r[lag] >= r[lag - 1] && r[lag] > r[lag + 1];
    if (!isPeak || r[lag] < STRENGTH || r[lag] - trough < RISE) continue;
    const again = Math.max(r[2 * lag - 1], r[2 * lag], lag === longest ? 0 : r[2 * lag + 1]);
    if (again < 0.6 * r[lag]) continue;
    peaks.push(lag);
    best = Math.max(best, r[lag]);
  }
  const lag = peaks.find((each) => r[each] >= AS_GOOD * best);
  if (lag === undefined || lag < SHORTEST) return undefined;
  return { length: topAround(r, lag), strength: r[lag] };
}

/** Middle of the top that a lag is part of: of a broad one noise alone makes the highest point. */
function topAround(r: Float64Array, lag: number): number {
  const height = TOP * r[lag];
  let [from, to] = [lag, lag];
  while (from > 1 && r[from - 1] >= height) from--;
  while (to < r.length - 2 && r[to + 1] >= height) to++;
  let weight = 0;
  let sum = 0;
  for (let at = from - 1; at <= to + 1; at++) {
    const above = Math.max(0, r[at] - height);
    weight += above;
    sum += above * at;
  }
  return sum / weight;
}

/** Without trend and extremes, around 0; gaps are NaN still. Undefined when nothing is left to look at. */
function flattened(series: Float64Array): Float64Array | undefined {
  const present = series.filter((value) => !Number.isNaN(value)).sort();
  if (present.length < PRESENT * series.length) return undefined;
  const median = present[present.length >> 1];
  const low = present[Math.floor(present.length * 0.005)];
  const high = present[Math.ceil(present.length * 0.995) - 1];
  let [n, sumX, sumY, sumXX, sumXY] = [0, 0, 0, 0, 0];
  const flat = series.map((value) => Math.min(high, Math.max(low, value)) - median);
  for (let x = 0; x < flat.length; x++) {
    if (Number.isNaN(flat[x])) continue;
    n++;
    sumX += x;
    sumY += flat[x];
    sumXX += x * x;
    sumXY += x * flat[x];
  }
  const slope = (n * sumXY - sumX * sumY) / (n * sumXX - sumX * sumX);
  const start = (sumY - slope * sumX) / n;
  for (let x = 0; x < flat.length; x++) flat[x] -= start + slope * x;
  return flat;
}

/** Autocorrelation at the lags 0 … last, over the pairs of which both are there. */
function correlations(flat: Float64Array, last: number): Float64Array {
  const steps = flat.length;
  const there = flat.map((value) => (Number.isNaN(value) ? 0 : 1));
  const values = flat.map((value) => (Number.isNaN(value) ? 0 : value));
  const r = new Float64Array(last + 2);
  let variance = 0;
  for (let lag = 0; lag <= last; lag++) {
    let sum = 0;
    let pairs = 0;
    for (let at = 0, other = lag; other < steps; at++, other++) {
      sum += values[at] * values[other];
      pairs += there[at] * there[other];
    }
    const covariance = pairs === 0 ? 0 : sum / pairs;
    if (lag === 0) variance = covariance;
    r[lag] = variance > 0 ? covariance / variance : 0;
  }
  return r;
}
