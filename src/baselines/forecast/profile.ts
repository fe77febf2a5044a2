import { MAD_TO_SIGMA, median } from "../quantiles.js";

/** Each season back weighs so much of the one after it. */
const MEMORY = 0.85;
/** Residuals beyond so many deviations count as that many. */
const CLIP = 3;
const PASSES = 3;

/** The part of a series that recurs. */
export interface Profile {
  /** By place in the season; 0 on average. */
  readonly offsets: Float64Array;
  /** Deviation of what is neither season nor level. */
  readonly sigma: number;
}

/**
 * Level and season apart: a moving mean over one whole season is the level, and what is over it, averaged
 * by place in the season, is the season. Residuals are clipped between passes, so that no burst leaves a mark.
 *
 * @param values - with NaN for gaps
 * @param first - place in the season of `values[0]`
 * @see Cleveland et al. 1990, "STL"; the moving mean in place of loess
 */
export function profileOf(
  values: Float64Array,
  first: number,
  length: number,
  days: number,
): Profile {
  const inflation = inflationOf(values, first, length);
  let clipped: Float64Array = values;
  let offsets: Float64Array = new Float64Array(length);
  let sigma = 0;
  for (let pass = 0; pass < PASSES; pass++) {
    const level = movingMean(clipped, length);
    offsets = offsetsOf(clipped, level, first, length, pass === 0);
    if (days > 1) offsets = pooled(offsets, days, sigma, values.length / length);
    const fitted = level.map((mean, i) => mean + (offsets[(first + i) % length] as number));
    const rests = values.map((value, i) => value - (fitted[i] as number));
    sigma = deviationOf(rests, first, inflation);
    if (sigma === 0) break;
    const limit = CLIP * sigma;
    clipped = fitted.map((fit, i) => fit + Math.max(-limit, Math.min(limit, rests[i] as number)));
  }
  return { offsets, sigma };
}

/** By place, what residuals are too small by because their own value is in the mean; 0 where it is alone. */
function inflationOf(values: Float64Array, first: number, length: number): Float64Array {
  const seen = new Float64Array(length);
  for (let i = 0; i < values.length; i++) {
    if (!Number.isNaN(values[i])) seen[(first + i) % length]++;
  }
  return seen.map((count) => (count > 1 ? Math.sqrt(count / (count - 1)) : 0));
}

function deviationOf(rests: Float64Array, first: number, inflation: Float64Array): number {
  const sizes = new Float64Array(rests.length);
  let count = 0;
  for (let i = 0; i < rests.length; i++) {
    const size = Math.abs(rests[i] as number);
    const factor = inflation[(first + i) % inflation.length] as number;
    if (factor > 0 && !Number.isNaN(size)) sizes[count++] = size * factor;
  }
  return count === 0 ? 0 : MAD_TO_SIGMA * median(sizes.subarray(0, count));
}

/**
 * Mean over one season around each place; at the ends that of the first and of the last whole season, moved
 * as the means move in between.
 */
function movingMean(values: Float64Array, length: number): Float64Array {
  const { length: n } = values;
  const sums = new Float64Array(n + 1);
  const counts = new Float64Array(n + 1);
  for (let i = 0; i < n; i++) {
    const value = values[i] as number;
    const isKnown = !Number.isNaN(value);
    sums[i + 1] = (sums[i] as number) + (isKnown ? value : 0);
    counts[i + 1] = (counts[i] as number) + (isKnown ? 1 : 0);
  }
  const means = new Float64Array(n);
  for (let i = 0; i < n; i++) {
    const from = Math.max(0, Math.min(n - length, i - (length >> 1)));
    const to = Math.min(n, from + length);
    const count = (counts[to] as number) - (counts[from] as number);
    means[i] = ((sums[to] as number) - (sums[from] as number)) / count;
  }
  const first = Math.min(n - 1, length >> 1);
  const last = Math.max(first, n - length + first);
  const slope = ((means[last] as number) - (means[first] as number)) / (last - first);
  // Of less than two seasons it would be that of a few values.
  if (last - first < length || Number.isNaN(slope)) return means;
  for (let i = 0; i < first; i++) means[i] += slope * (i - first);
  for (let i = last + 1; i < n; i++) means[i] += slope * (i - last);
  return means;
}

function offsetsOf(
  values: Float64Array,
  level: Float64Array,
  first: number,
  length: number,
  byMedian: boolean,
): Float64Array {
  const { length: n } = values;
  const offsets = new Float64Array(length);
  for (let place = 0; place < length; place++) {
    let sum = 0;
    let weights = 0;
    let weight = 1;
    const seen: number[] = [];
    const start = (place - first + length) % length;
    for (let i = start + length * Math.floor((n - 1 - start) / length); i >= 0; i -= length) {
      const over = (values[i] as number) - (level[i] as number);
      if (!Number.isNaN(over)) {
        seen.push(over);
        sum += weight * over;
        weights += weight;
      }
      weight *= MEMORY;
    }
    offsets[place] = seen.length === 0 ? 0 : byMedian ? median(seen) : sum / weights;
  }
  return centred(offsets);
}

/**
 * Days of a week that look alike learn from one another: each becomes a mean of all, weighted by how
 * little they differ beyond what noise explains.
 */
function pooled(offsets: Float64Array, days: number, sigma: number, seasons: number): Float64Array {
  const perDay = offsets.length / days;
  const noise = (sigma * sigma) / Math.max(1, seasons);
  const result = new Float64Array(offsets.length);
  for (let day = 0; day < days; day++) {
    let weights = 0;
    for (let other = 0; other < days; other++) {
      let squares = 0;
      for (let at = 0; at < perDay; at++) {
        const apart =
          (offsets[day * perDay + at] as number) - (offsets[other * perDay + at] as number);
        squares += apart * apart;
      }
      const excess = Math.max(0, squares / perDay - 2 * noise);
      const weight = other === day ? 1 : noise / (noise + excess * 2) || 0;
      weights += weight;
      for (let at = 0; at < perDay; at++) {
        result[day * perDay + at] += weight * (offsets[other * perDay + at] as number);
      }
    }
    for (let at = 0; at < perDay; at++) result[day * perDay + at] /= weights;
  }
  return centred(result);
}

function centred(offsets: Float64Array): Float64Array {
  let sum = 0;
  for (const offset of offsets) sum += offset;
  return offsets.map((offset) => offset - sum / offsets.length);
}
