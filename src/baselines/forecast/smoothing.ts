/** Ways of following a level that are tried: how much of each deviation it takes up… */
const ALPHAS = [0, 0.01, 0.05, 0.15, 0.4, 0.9];
/** …and how much of what is left lasts to the next step. */
const RHOS = [0, 0.5, 0.8, 0.95];
/** Deviations beyond so many times the usual one move the level no further, and fade at once. */
const CLIP = 3;
const GAP_FADING = 0.9;
/** Steps ahead at which they are judged. */
const LEADS = [1, 4, 12, 36, 108];

export interface Smoothing {
  readonly alpha: number;
  readonly rho: number;
}

/** Where a series stands after its last value. */
export interface Standing {
  readonly level: number;
  /** Deviation of the last value from the level, as far as it is no outlier; it fades by `rho` a step. */
  readonly fading: number;
}

/** Exponential smoothing whose residuals fade: simple smoothing with an AR(1) remainder. */
export function standingOf(values: Float64Array, { alpha }: Smoothing, sigma: number): Standing {
  const levels = new Float64Array(values.length);
  const rests = new Float64Array(values.length);
  follow(values, alpha, sigma, levels, rests);
  const last = values.length - 1;
  return { level: levels[last] as number, fading: rests[last] as number };
}

/**
 * The smoothing with the least absolute error over leads up to the horizon, within the series.
 * @param sigma - deviation of what smoothing cannot foresee
 */
export function bestSmoothing(values: Float64Array, sigma: number, horizon: number): Smoothing {
  const n = values.length;
  const leads = LEADS.filter((lead) => lead <= Math.min(horizon, n / 3));
  const from = Math.floor(n / 4);
  const levels = new Float64Array(n);
  const rests = new Float64Array(n);
  let best: Smoothing = { alpha: 0, rho: 0 };
  let least = Number.POSITIVE_INFINITY;
  for (const alpha of ALPHAS) {
    follow(values, alpha, sigma, levels, rests);
    for (const rho of RHOS) {
      let loss = 0;
      for (const lead of leads) {
        const faded = rho ** lead;
        let sum = 0;
        let count = 0;
        for (let i = from; i + lead < n; i++) {
          const error =
            (values[i + lead] as number) - (levels[i] as number) - faded * (rests[i] as number);
          if (Number.isNaN(error)) continue;
          sum += Math.abs(error);
          count++;
        }
        if (count > 0) loss += sum / count;
      }
      if (loss < least) {
        least = loss;
        best = { alpha, rho };
      }
    }
  }
  return best;
}

function follow(
  values: Float64Array,
  alpha: number,
  sigma: number,
  levels: Float64Array,
  rests: Float64Array,
): void {
  const limit = sigma > 0 ? CLIP * sigma : Number.POSITIVE_INFINITY;
  let level = Number.NaN;
  let rest = 0;
  let count = 0;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] as number;
    if (!Number.isNaN(value)) {
      count++;
      if (Number.isNaN(level)) level = value;
      const apart = value - level;
      const taken = Math.max(-limit, Math.min(limit, apart));
      // Until it has seen 1 ÷ alpha values the level is their mean.
      level += Math.max(alpha, 1 / count) * taken;
      rest = Math.abs(apart) > limit ? 0 : value - level;
    } else {
      // What is left fades over a gap; how fast is not known here.
      rest *= GAP_FADING;
    }
    levels[i] = level;
    rests[i] = rest;
  }
}
