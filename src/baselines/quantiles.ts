/**
 * The value below which the share `q` of sorted values lies, between neighbours in proportion.
 *
 * The k-th of n values stands at (k − ½) ÷ n. NaN of none.
 * @see Hyndman & Fan 1996, "Sample Quantiles in Statistical Packages", definition 5
 */
export function quantileOf(sorted: ArrayLike<number>, q: number): number {
  const { length } = sorted;
  if (length === 0) return Number.NaN;
  const at = Math.min(length - 1, Math.max(0, q * length - 0.5));
  const below = Math.floor(at);
  const low = sorted[below] as number;
  if (at === below) return low;
  return low + ((sorted[below + 1] as number) - low) * (at - below);
}

/** Sorts a copy. NaN of none. */
export function median(values: ArrayLike<number>): number {
  return quantileOf(
    values.length < FEW ? insertionSorted(values) : new Float64Array(values).sort(),
    0.5,
  );
}

/** Below so many values the native sort takes longer to be called than to sort. */
const FEW = 16;

function insertionSorted(values: ArrayLike<number>): number[] {
  const sorted: number[] = [];
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    let at = i;
    for (; at > 0 && (sorted[at - 1] as number) > value; at--)
      sorted[at] = sorted[at - 1] as number;
    sorted[at] = value;
  }
  return sorted;
}

/** What the median absolute deviation of normal values is multiplied with to be their deviation. */
export const MAD_TO_SIGMA = 1.4826;

/** Deviation from the median, not moved by outliers. */
export function robustDeviation(values: ArrayLike<number>): number {
  const middle = median(values);
  const apart = new Float64Array(values);
  for (let i = 0; i < apart.length; i++) apart[i] = Math.abs((apart[i] as number) - middle);
  return MAD_TO_SIGMA * quantileOf(apart.sort(), 0.5);
}
