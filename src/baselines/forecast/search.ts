import { DAY_MS, type Grid } from "./grid.js";
import {
  type Continuation,
  continuationOf,
  type Form,
  type Growth,
  type Parted,
  partedOf,
  type Sample,
  type Spec,
  smoothingOf,
} from "./model.js";
import { naiveError } from "./naive.js";
import { cycleOf, LEAST_VALUES, type Trials, trialsOf } from "./origins.js";

const FORMS: readonly Form[] = ["additive", "multiplicative"];
const GROWTHS: readonly Growth[] = ["none", "damped", "linear"];
/** While less than a week can be judged, another season must be so much better than that of the week. */
const HANDICAP = 1.15;
/** What comes later in the search is richer, and must be better by this to take the place of what came before. */
const PARSIMONY = 0.99;

/** What was foreseen wrongly at the origins, in the terms of the form. */
export interface Misses {
  readonly aheads: number[];
  readonly errors: number[];
  /** Which origin. */
  readonly origins: number[];
}

/** The way to continue a series that did best at its origins. */
export interface Found {
  readonly spec: Spec;
  readonly next: Continuation;
  readonly misses: Misses;
  readonly trials: Trials;
  /** Mean absolute error at the origins, in the unit of the series. */
  readonly error: number;
  /** That of repeating the last season. */
  readonly naive: number;
}

/**
 * Tries every season, form and growth that the series has room for.
 *
 * Yields between pieces of work of a millisecond or two.
 */
export function* search(grid: Grid, horizon: number): Generator<void, Found | undefined> {
  const size = grid.values.length;
  if (grid.values.filter((value) => !Number.isNaN(value)).length < LEAST_VALUES) return undefined;
  const stepsPerDay = DAY_MS / grid.stepMs;
  const trials = trialsOf(size, horizon, stepsPerDay);
  const isShort =
    trials.seasons.includes("week") && size - (trials.origins[0] as number) < 7 * stepsPerDay;
  let best: Omit<Found, "trials" | "naive"> | undefined;
  let least = Number.POSITIVE_INFINITY;
  for (const form of FORMS) {
    const sample = sampleOf(grid, form, stepsPerDay);
    if (sample === undefined) continue;
    for (const season of trials.seasons) {
      const cycle = cycleOf(season, stepsPerDay);
      const whole = partedOf(sample, size, cycle);
      const parts: Parted[] = [];
      for (const origin of trials.origins) {
        parts.push(partedOf(sample, origin, cycle));
        yield;
      }
      for (const growth of GROWTHS) {
        const smoothing = smoothingOf(whole, growth, horizon);
        const from = (parted: Parted) => continuationOf(sample, parted, growth, smoothing);
        const { error, misses } = tried(grid, form, parts.map(from), trials);
        const handicapped = isShort && season !== "week" ? error * HANDICAP : error;
        if (handicapped < PARSIMONY * least) {
          least = handicapped;
          best = { spec: { season, form, growth }, next: from(whole), misses, error };
        }
        yield;
      }
    }
  }
  if (best === undefined) return undefined;
  return { ...best, trials, naive: naiveError(grid.values, trials, stepsPerDay) };
}

/** Undefined where the form does not fit: shares of nothing, or of less. */
function sampleOf(grid: Grid, form: Form, stepsPerDay: number): Sample | undefined {
  const first = Math.round(grid.startMs / grid.stepMs);
  if (form === "additive") return { values: grid.values, first, stepsPerDay };
  if (grid.values.some((value) => value <= 0)) return undefined;
  return { values: grid.values.map(Math.log), first, stepsPerDay };
}

function tried(
  { values }: Grid,
  form: Form,
  continuations: readonly Continuation[],
  { origins, reach }: Trials,
): { error: number; misses: Misses } {
  const misses: Misses = { aheads: [], errors: [], origins: [] };
  let sum = 0;
  let judged = 0;
  for (const [at, next] of continuations.entries()) {
    const origin = origins[at] as number;
    let apart = 0;
    let count = 0;
    for (let ahead = 1; ahead <= reach && origin + ahead <= values.length; ahead++) {
      const value = values[origin + ahead - 1] as number;
      if (Number.isNaN(value)) continue;
      const foreseen = next(ahead);
      const isShare = form === "multiplicative";
      apart += Math.abs(value - (isShare ? Math.exp(foreseen) : foreseen));
      count++;
      misses.aheads.push(ahead);
      misses.errors.push((isShare ? Math.log(value) : value) - foreseen);
      misses.origins.push(at);
    }
    if (count === 0) continue;
    sum += apart / count;
    judged++;
  }
  return { error: judged === 0 ? Number.POSITIVE_INFINITY : sum / judged, misses };
}
