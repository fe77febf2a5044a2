/**
 * How scores are made, so that those of one detector compare with those of another.
 *
 * A method says how improbable a value as odd as this one is, as *surprise*: −ln of the probability.
 * The score is `surprise ÷ (surprise + surprise at the alarm)`. So 0.5 is the alarm, wherever a method
 * has it; at 2/3 the value is as improbable as two alarms in a row, at 3/4 as three, whoever says so.
 */
export function scoreOf(surprise: number, alarm: number): number {
  if (surprise === Number.POSITIVE_INFINITY) return 1;
  return surprise > 0 ? surprise / (surprise + alarm) : 0;
}

/** Probability at which the methods that know one alarm, unless told otherwise. */
export const PROBABILITY = 5e-4;

/** Surprise of a deviate of the normal distribution, to either side: −ln P(|Z| ≥ z). */
export function normalSurprise(z: number): number {
  const x = Math.abs(z) / Math.SQRT2;
  if (!(x >= 0)) return 0;
  if (x < 3) return -Math.log(erfc(x));
  if (x === Number.POSITIVE_INFINITY) return x;
  const y = 1 / (2 * x * x);
  return x * x + Math.log(x * Math.sqrt(Math.PI)) - Math.log1p(-y * (1 - 3 * y * (1 - 5 * y)));
}

/** @see Numerical Recipes, `erfccheb`: relative error below 1.2e-7 */
function erfc(x: number): number {
  const t = 1 / (1 + 0.5 * x);
  let sum = 0.17087277;
  for (const c of COEFFICIENTS) sum = c + t * sum;
  return t * Math.exp(-x * x + sum);
}

const COEFFICIENTS = [
  -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
  -1.26551223,
];
