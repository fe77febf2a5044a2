/**
 * Chernoff's bounds: counts this far from their mean are at most as probable as `exp(−surprise)`. Closed
 * forms, and never too sure: the exact tail is smaller by a factor of a few.
 * @see Chernoff 1952; Arratia and Gordon 1989, Tutorial on large deviations for the binomial distribution
 */

/** Of a share of `trials` that each succeed with probability `p`. */
export function binomialSurprise(share: number, trials: number, p: number): number {
  return trials * (termOf(share, share / p) + termOf(1 - share, (1 - share) / (1 - p)));
}

/**
 * Of a count whose mean is `mean` and whose variance is `mean + dispersion × mean²`: a Poisson count
 * whose rate wanders (negative binomial); without dispersion a Poisson count.
 */
export function countSurprise(count: number, mean: number, dispersion: number): number {
  if (mean === 0) return count === 0 ? 0 : Number.POSITIVE_INFINITY;
  const own = termOf(count, count / mean);
  if (dispersion < 1e-9) return own - count + mean;
  const shape = 1 / dispersion;
  return own - (count + shape) * Math.log((count + shape) / (mean + shape));
}

/** Where a function that rises from `from` towards `to` reaches a height; `to` where it does not. */
export function reaching(
  height: number,
  from: number,
  to: number,
  rise: (at: number) => number,
): number {
  if (!(rise(to) > height)) return to;
  let [below, above] = [from, to];
  for (let i = 0; i < 24; i++) {
    const middle = (below + above) / 2;
    if (rise(middle) > height) above = middle;
    else below = middle;
  }
  return (below + above) / 2;
}

/** x ln(ratio), and 0 of nothing. */
function termOf(x: number, ratio: number): number {
  return x === 0 ? 0 : x * Math.log(ratio);
}
