import { robustDeviation } from "../quantiles.js";
import { profileOf } from "./profile.js";
import { slopeOf } from "./slope.js";
import { bestSmoothing, type Smoothing, standingOf } from "./smoothing.js";

/** What recurs. */
export type Season = "none" | "day" | "week";
/** Whether season and growth are added to the level, or are shares of it. */
export type Form = "additive" | "multiplicative";
/** What becomes of the growth so far: nothing, it halves every week, it goes on. */
export type Growth = "none" | "damped" | "linear";

/** One way to continue a series. */
export interface Spec {
  readonly season: Season;
  readonly form: Form;
  readonly growth: Growth;
}

/** The length of a season in steps, and the days in it; 0 where nothing recurs. */
export interface Cycle {
  readonly length: number;
  readonly days: number;
}

/** Values that a model is fitted to, in the terms of its form. */
export interface Sample {
  readonly values: Float64Array;
  /** Steps from the epoch to the first value: the place in every season. */
  readonly first: number;
  readonly stepsPerDay: number;
}

/** A series without its season, and the season. */
export interface Parted {
  readonly rest: Float64Array;
  readonly offsets: Float64Array;
  /** Deviation from one step to the next of what is neither season nor growth; 0 of a constant. */
  readonly sigma: number;
  /** Growth a step, shrunk as far as it may be noise. */
  readonly slope: number;
}

/** @param end - how many values are known */
export function partedOf(sample: Sample, end: number, { length, days }: Cycle): Parted {
  const known = sample.values.subarray(0, end);
  if (length === 0) {
    const moves = known.subarray(1).map((value, i) => value - (known[i] as number));
    const sigma = robustDeviation(moves.filter((move) => !Number.isNaN(move)));
    return { rest: known, offsets: new Float64Array(1), sigma, slope: slopeOf(known) };
  }
  const first = sample.first % length;
  const { offsets, sigma } = profileOf(known, first, length, days);
  const rest = known.map((value, i) => value - (offsets[(first + i) % length] as number));
  return { rest, offsets, sigma, slope: slopeOf(rest) };
}

/** Tells the value so many steps after the last one known, in the terms of the form. */
export type Continuation = (ahead: number) => number;

/** A series less what it grew. */
export function flattened({ rest, slope }: Parted, growth: Growth): Float64Array {
  return growth === "none" || slope === 0 ? rest : rest.map((value, i) => value - slope * i);
}

export function smoothingOf(parted: Parted, growth: Growth, horizon: number): Smoothing {
  return bestSmoothing(flattened(parted, growth), parted.sigma, horizon);
}

export function continuationOf(
  sample: Sample,
  parted: Parted,
  growth: Growth,
  smoothing: Smoothing,
): Continuation {
  const { offsets, sigma, rest } = parted;
  const slope = growth === "none" ? 0 : parted.slope;
  const { level, fading } = standingOf(flattened(parted, growth), smoothing, sigma);
  const keep = growth === "damped" ? 0.5 ** (1 / (7 * sample.stepsPerDay)) : 1;
  const last = rest.length - 1;
  const place = sample.first + last;
  return (ahead) => {
    const steps = keep === 1 ? ahead : (keep * (1 - keep ** ahead)) / (1 - keep);
    const season = offsets[(place + ahead) % offsets.length] as number;
    return level + slope * (last + steps) + season + fading * smoothing.rho ** ahead;
  };
}
