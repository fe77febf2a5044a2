import type { HistogramView } from "../../snapshot/model.js";

/** Edges to an octave: a bin is 19 % wide. */
const PER_OCTAVE = 4;
const OCTAVES = 20;
/** Bins of a grid; the first and the last are open to the outside. */
export const BINS = OCTAVES * PER_OCTAVE + 1;

/** A distribution over the bins of a grid. */
export interface Binned {
  readonly count: number;
  /** Middle of the grid; edges are 2^(1/4) apart, ten octaves to either side. */
  readonly middle: number;
  /** Number of values at or below each edge. */
  readonly atOrBelow: Float64Array;
}

/** Where a bin ends. */
export function edgeOf(middle: number, bin: number): number {
  return middle * 2 ** ((bin - (BINS - 1) / 2 + 0.5) / PER_OCTAVE);
}

export const OCTAVE_SHARE = 1 / PER_OCTAVE;

/**
 * A histogram on a grid of logarithms. Only edges between its lowest and its highest value are asked for.
 *
 * @param middle - of the grid; 0: its own median
 * @returns undefined for a histogram of nothing, or of nothing above 0
 */
export function binned(histogram: HistogramView, middle: number): Binned | undefined {
  const { count, min, max } = histogram;
  const center = middle > 0 ? middle : histogram.percentile(50);
  if (!(count > 0 && Number.isFinite(count) && center > 0 && Number.isFinite(center))) {
    return undefined;
  }
  const atOrBelow = new Float64Array(BINS);
  for (let bin = 0; bin < BINS; bin++) {
    const edge = edgeOf(center, bin);
    if (edge < min) continue;
    const below = edge >= max || bin === BINS - 1 ? count : histogram.countAtOrBelow(edge);
    atOrBelow[bin] = Math.min(count, Math.max(0, below)) || 0;
  }
  return { count, middle: center, atOrBelow };
}
