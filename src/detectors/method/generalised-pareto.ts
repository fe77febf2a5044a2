/** A generalised Pareto distribution of excesses over a threshold. */
export interface ParetoFit {
  /** Above 0 a heavy tail, 0 an exponential one, below 0 one that ends. */
  readonly shape: number;
  readonly scale: number;
}

/** Fewer excesses say nothing of a shape. */
const FEW = 8;
/** Range in which maximum likelihood is regular, and in which tails of measurements lie. */
const SHAPES = [-0.5, 1] as const;
const STEPS = 24;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/**
 * Fits the distribution by maximum likelihood, over one variable (Grimshaw's trick): of the ratio θ of shape
 * to scale the best shape is the mean of ln(1 + θy). About 0.5 µs an excess.
 *
 * @param excesses - above 0
 * @see Grimshaw 1993, Computing maximum likelihood estimates for the generalized Pareto distribution
 */
export function fitPareto(excesses: Float64Array): ParetoFit {
  const { length } = excesses;
  let mean = 0;
  let largest = 0;
  for (const excess of excesses) {
    mean += excess / length;
    largest = Math.max(largest, excess);
  }
  const exponential = { shape: 0, scale: mean };
  if (length < FEW) return exponential;
  const shapeAt = (theta: number): number => {
    let sum = 0;
    for (const excess of excesses) sum += Math.log1p(theta * excess);
    return sum / length;
  };
  /** Of all excesses, divided by their number; lower is better. */
  const loss = (theta: number): number => {
    if (theta === 0) return Math.log(mean) + 1;
    const shape = shapeAt(theta);
    if (shape < SHAPES[0] || shape > SHAPES[1]) return Number.POSITIVE_INFINITY;
    return Math.log(shape / theta) + shape + 1;
  };
  // From just above −1/largest, where the likelihood has its pole, to a tail without a mean.
  const thetaAt = (step: number): number => {
    const u = step / STEPS;
    return u < 0.5
      ? (-0.99 * (1 - 2 * u)) / largest
      : ((2 * u - 1) / (2.02 - 2 * u)) * (0.1 / mean);
  };
  let best = STEPS / 2;
  for (let step = 0; step <= STEPS; step++) {
    if (loss(thetaAt(step)) < loss(thetaAt(best))) best = step;
  }
  let low = Math.max(0, best - 1);
  let high = Math.min(STEPS, best + 1);
  for (let i = 0; i < 12; i++) {
    const width = GOLDEN * (high - low);
    if (loss(thetaAt(high - width)) <= loss(thetaAt(low + width))) high = low + width;
    else low = high - width;
  }
  const theta = thetaAt((low + high) / 2);
  if (theta === 0 || loss(theta) >= loss(0)) return exponential;
  const shape = shapeAt(theta);
  return { shape, scale: shape / theta };
}
