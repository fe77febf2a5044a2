import { cycleOf, type Trials } from "./origins.js";

/** The value so many steps after the first `end`, were the last season to repeat; gaps look further back. */
export function naiveAt(values: Float64Array, end: number, ahead: number, length: number): number {
  const period = Math.max(1, length);
  for (let i = end - 1 + ahead - period * Math.ceil(ahead / period); i >= 0; i -= period) {
    const value = values[i] as number;
    if (!Number.isNaN(value)) return value;
  }
  return Number.NaN;
}

/** Mean absolute error at the origins of repeating the longest season. */
export function naiveError(values: Float64Array, trials: Trials, stepsPerDay: number): number {
  const season = trials.seasons.at(-1) ?? "none";
  const { length } = cycleOf(season, stepsPerDay);
  let sum = 0;
  let judged = 0;
  for (const origin of trials.origins) {
    let apart = 0;
    let count = 0;
    for (let ahead = 1; ahead <= trials.reach && origin + ahead <= values.length; ahead++) {
      const error = (values[origin + ahead - 1] as number) - naiveAt(values, origin, ahead, length);
      if (Number.isNaN(error)) continue;
      apart += Math.abs(error);
      count++;
    }
    if (count === 0) continue;
    sum += apart / count;
    judged++;
  }
  return judged === 0 ? Number.NaN : sum / judged;
}
