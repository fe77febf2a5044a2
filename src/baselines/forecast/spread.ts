import { quantileOf } from "../quantiles.js";
import type { Growth } from "./model.js";
import type { Misses } from "./search.js";

/** How much errors that all of one origin share widen an interval, over one window. */
const DEPENDENCE = 2;
/** Standardised errors beyond this say no more of dependence than this. */
const LIMIT = 4;

/**
 * How far values were from what was foreseen, by steps ahead: a scale that never shrinks with distance,
 * and the quantiles of errors over that scale.
 *
 * Errors that have one sign over a whole origin are few in truth, however many values they are of, so
 * they widen the interval.
 * @see Vovk et al. 2005, "Algorithmic Learning in a Random World": quantiles at rank p (n + 1)
 */
export class Spread {
  /** Mean absolute error of leads from 2^i to below 2^(i + 1), or of shorter ones where that is more. */
  readonly #scales: number[] = [];
  readonly #sorted: Float64Array;
  readonly #widening: number;

  constructor(
    misses: Misses,
    private readonly reach: number,
    windows: number,
    private readonly growth: Growth,
  ) {
    const sums: number[] = [];
    const counts: number[] = [];
    for (const [at, ahead] of misses.aheads.entries()) {
      const bin = Math.floor(Math.log2(ahead));
      sums[bin] = (sums[bin] ?? 0) + Math.abs(misses.errors[at] as number);
      counts[bin] = (counts[bin] ?? 0) + 1;
    }
    let scale = 0;
    for (let bin = 0; bin < sums.length; bin++) {
      scale = Math.max(scale, (sums[bin] ?? 0) / (counts[bin] ?? 1));
      this.#scales.push(scale);
    }
    const standard = misses.errors.map((error, at) => {
      const over = error / this.#scaleAt(misses.aheads[at] as number);
      return Number.isNaN(over) ? 0 : over;
    });
    this.#sorted = Float64Array.from(standard).sort();
    const shared = sharedOf(standard, misses.origins);
    this.#widening = 1 + (DEPENDENCE * shared) / Math.sqrt(Math.max(0.3, windows));
  }

  /** Where the share `p` of errors is below, so many steps ahead. */
  at(p: number, ahead: number): number {
    const n = this.#sorted.length;
    if (n === 0) return 0;
    // `quantileOf` has the k-th at (k − ½) ÷ n.
    const rank = (p * (n + 1) - 0.5) / n;
    return quantileOf(this.#sorted, rank) * this.#widening * this.#scaleAt(ahead);
  }

  #scaleAt(ahead: number): number {
    const within = Math.min(ahead, this.reach);
    const at = Math.max(0, Math.log2(within) - 0.5);
    const last = this.#scales.length - 1;
    const bin = Math.min(last, Math.floor(at));
    const low = this.#scales[bin] ?? 0;
    const high = this.#scales[Math.min(last, bin + 1)] ?? low;
    const scale = low + (high - low) * Math.min(1, at - bin);
    // Beyond what was tried: as a walk's errors grow, or as those of a slope.
    const further = ahead / this.reach;
    if (further <= 1) return scale;
    return scale * (this.growth === "linear" ? further : Math.sqrt(further));
  }
}

/** Share of the squared errors that is of what the errors of an origin have in common. */
function sharedOf(errors: readonly number[], origins: readonly number[]): number {
  const sums: number[] = [];
  const counts: number[] = [];
  let squares = 0;
  for (const [at, error] of errors.entries()) {
    const origin = origins[at] as number;
    const bounded = Math.max(-LIMIT, Math.min(LIMIT, error));
    sums[origin] = (sums[origin] ?? 0) + bounded;
    counts[origin] = (counts[origin] ?? 0) + 1;
    squares += bounded * bounded;
  }
  let common = 0;
  for (const [origin, sum] of sums.entries()) {
    if (sum !== undefined) common += (sum * sum) / (counts[origin] as number);
  }
  return squares === 0 ? 0 : common / squares;
}
