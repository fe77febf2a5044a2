import type { HistogramPoint } from "../../snapshot/batch.js";

type Histogram = HistogramPoint["histogram"];

/** Values that stand for a distribution; the one at `i` for `weights[i]` recorded ones. Ascending. */
export interface Samples {
  readonly values: Float64Array;
  readonly weights: Float64Array;
}

/**
 * Few values that give the original server what it would have computed of all of them.
 *
 * That server adds the reciprocals of sample rates up to its count, and takes every other figure of
 * the values alone, unweighted. So the values are split by rank into `limit` groups of one size, give
 * or take one. The groups that the server will read `percentiles` from send those. The others send their
 * means, and the highest of them, the last group mostly, makes up for the difference, so that the mean
 * is right as well. What that costs is the maximum.
 *
 * @param limit - most values; that many or fewer recorded ones are sent as they are
 * @param percentiles - 0–100, ascending
 * @returns values in layout units (`÷ scale` is the unit of the metric)
 * @see statsd, lib/process_metrics.js
 */
export function samplesOf(
  histogram: Histogram,
  limit: number,
  percentiles: readonly number[],
): Samples {
  return histogram.count <= limit ? all(histogram) : grouped(histogram, limit, percentiles);
}

function all(histogram: Histogram): Samples {
  const values = new Float64Array(histogram.count);
  let at = 0;
  histogram.forEachSlot((slot, count) => {
    values.fill(histogram.layout.medianOf(slot), at, at + count);
    at += count;
  });
  return { values, weights: new Float64Array(at).fill(1) };
}

function grouped(histogram: Histogram, limit: number, percentiles: readonly number[]): Samples {
  const { count, layout } = histogram;
  const values = new Float64Array(limit);
  const weights = new Float64Array(limit);
  const pins = percentiles.map((percentile) => {
    return {
      group: Math.round((percentile / 100) * limit) - 1,
      rank: Math.ceil((percentile * count) / 100 - count * 1e-14),
      value: 0,
    };
  });
  let group = 0;
  let groupEnd = Math.ceil(count / limit);
  let groupStart = 0;
  let seen = 0;
  let pin = 0;
  let total = 0;
  histogram.forEachSlot((slot, here) => {
    const value = layout.medianOf(slot);
    const end = seen + here;
    total += value * here;
    while (pin < pins.length && pins[pin].rank <= end) pins[pin++].value = value;
    while (seen < end) {
      const taken = Math.min(end, groupEnd) - seen;
      values[group] += value * taken;
      seen += taken;
      if (seen < groupEnd) continue;
      weights[group] = groupEnd - groupStart;
      values[group] /= weights[group];
      group++;
      groupStart = groupEnd;
      groupEnd = Math.ceil(((group + 1) * count) / limit);
    }
  });
  const pinned = new Map(pins.map(({ group: at, value }) => [at, value]));
  between(values, pinned);
  makeUp(values, pinned, (total / count) * limit, histogram.max * histogram.scale);
  return { values, weights };
}

/** Puts percentiles into their places, and keeps what lies between them between them. */
function between(values: Float64Array, pinned: ReadonlyMap<number, number>): void {
  let least = 0;
  for (let i = 0; i < values.length; i++) {
    least = pinned.get(i) ?? least;
    values[i] = pinned.get(i) ?? Math.max(values[i], least);
  }
  let most = Number.POSITIVE_INFINITY;
  for (let i = values.length - 1; i >= 0; i--) {
    most = pinned.get(i) ?? most;
    values[i] = Math.min(values[i], most);
  }
}

/** Moves what is not pinned, the highest first, as far as its neighbours let it, until the sum is right. */
function makeUp(
  values: Float64Array,
  pinned: ReadonlyMap<number, number>,
  sum: number,
  max: number,
): void {
  let missing = sum;
  for (const value of values) missing -= value;
  for (let i = values.length - 1; i >= 0 && missing !== 0; i--) {
    if (pinned.has(i)) continue;
    const least = i === 0 ? 0 : values[i - 1];
    const most = i === values.length - 1 ? max : values[i + 1];
    const moved = Math.min(Math.max(values[i] + missing, least), most);
    missing -= moved - values[i];
    values[i] = moved;
  }
}
