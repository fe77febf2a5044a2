/** Nearest rank, 1 … count; 0 when there is nothing. @see HdrHistogram, getValueAtPercentile */
export function rankOf(percentile: number, count: number): number {
  if (count === 0) return 0;
  const p = Math.min(100, Math.max(0, percentile));
  // 99.9 % of 1,000 is 999.0000000000001 in binary: take back the rounding before the ceiling.
  return Math.max(1, Math.ceil((p * count) / 100 - count * 1e-14));
}
