import { median, robustDeviation } from "../quantiles.js";

const BLOCKS = 24;

/**
 * Growth a step: the median of the slopes between medians of blocks, shrunk by how much of it may be noise.
 * @see Sen 1968; shrinkage by t² ÷ (t² + 1)
 */
export function slopeOf(values: Float64Array): number {
  const size = Math.max(1, Math.ceil(values.length / BLOCKS));
  const xs: number[] = [];
  const ys: number[] = [];
  for (let from = 0; from < values.length; from += size) {
    const block = values.subarray(from, from + size);
    const known = block.filter((value) => !Number.isNaN(value));
    if (known.length * 3 < block.length) continue;
    xs.push(from + (block.length - 1) / 2);
    ys.push(median(known));
  }
  const slopes: number[] = [];
  for (let i = 0; i < xs.length; i++) {
    for (let j = i + 1; j < xs.length; j++) {
      slopes.push(
        ((ys[j] as number) - (ys[i] as number)) / ((xs[j] as number) - (xs[i] as number)),
      );
    }
  }
  if (slopes.length === 0) return 0;
  const slope = median(slopes);
  if (slope === 0) return 0;
  const middle = xs.reduce((sum, x) => sum + x, 0) / xs.length;
  const squares = xs.reduce((sum, x) => sum + (x - middle) ** 2, 0);
  // Blocks depend on one another, so that their scatter says half of the doubt.
  const scatter = robustDeviation(ys.map((y, i) => y - slope * (xs[i] as number)));
  const doubt = (2 * scatter) / Math.sqrt(squares);
  return slope / (1 + (doubt / slope) ** 2);
}
