import { binomialSurprise } from "../method/bounds.js";
import { BINS, OCTAVE_SHARE } from "./log-grid.js";

/**
 * How far a sample is from the distribution it is compared with, in two steps: as `squares`, which grow
 * with the number of independent values and are 1 on average when the sample is drawn from that very
 * distribution; and from those as surprise.
 *
 * Shares are those of values at or below the edge of each bin, above 0 and below 1 for the baseline.
 */
export interface DistanceMeasure {
  squares(now: Float64Array, usual: Float64Array, count: number): number;
  surprise(squares: number): number;
}

/** By how much values have moved on average, in octaves. @see Vallender 1974 */
export function octavesMoved(now: Float64Array, usual: Float64Array): number {
  let moved = 0;
  for (let bin = 0; bin < BINS - 1; bin++) moved += Math.abs(now[bin] - usual[bin]);
  return moved * OCTAVE_SHARE;
}

/** Mean of n times the largest divergence, of as many bins as values usually fall into. */
const MEAN_DIVERGENCE = 2.2;
/** ln of the number of bins that are looked at independently of each other, about. */
const BINS_LOOKED_AT = Math.log(10);

/** The least probable of all shares: sees a few values where none were. @see Berk and Jones 1979 */
const berkJones: DistanceMeasure = {
  squares(now, usual, count) {
    let largest = 0;
    for (let bin = 0; bin < BINS - 1; bin++) {
      if (now[bin] === usual[bin]) continue;
      largest = Math.max(largest, binomialSurprise(now[bin], 1, usual[bin]));
    }
    return (count * largest) / MEAN_DIVERGENCE;
  },
  surprise: (squares) => squares * MEAN_DIVERGENCE - BINS_LOOKED_AT,
};

/** Mean of the square of Kolmogorov's distribution. */
const MEAN_KOLMOGOROV = 0.8225;

/** The largest difference of shares. @see Smirnov 1939; Massart 1990 for the bound */
const ks: DistanceMeasure = {
  squares(now, usual, count) {
    let largest = 0;
    for (let bin = 0; bin < BINS - 1; bin++) {
      largest = Math.max(largest, Math.abs(now[bin] - usual[bin]));
    }
    return (count * largest * largest) / MEAN_KOLMOGOROV;
  },
  surprise: (squares) => 2 * MEAN_KOLMOGOROV * squares - Math.LN2,
};

/** Mean of the absolute value of a normal deviate. */
const MEAN_DEVIATE = 0.7979;
/** Distances by chance scatter around their mean like a normal deviate, by this share of it. */
const SCATTER = 0.45;

/** By how much values have moved, against how much samples of that size do by chance. */
const wasserstein: DistanceMeasure = {
  squares(now, usual, count) {
    let byChance = 0;
    for (let bin = 0; bin < BINS - 1; bin++) {
      byChance += Math.sqrt(usual[bin] * (1 - usual[bin]));
    }
    byChance *= MEAN_DEVIATE * OCTAVE_SHARE;
    return byChance === 0 ? 0 : count * (octavesMoved(now, usual) / byChance) ** 2;
  },
  surprise: (squares) => Math.max(0, (Math.sqrt(squares) - 1) / SCATTER) ** 2 / 2,
};

export const DISTANCES = { "berk-jones": berkJones, wasserstein, ks } as const;
