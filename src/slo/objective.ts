/** Good events of all events, as absolute counts. */
export interface Events {
  readonly good: number;
  readonly total: number;
}

export const NO_EVENTS: Events = Object.freeze({ good: 0, total: 0 });

export function plus(a: Events, b: Events): Events {
  return { good: a.good + b.good, total: a.total + b.total };
}

export function minus(a: Events, b: Events): Events {
  return { good: a.good - b.good, total: a.total - b.total };
}

/** What was not good; never below 0. */
export function badOf({ good, total }: Events): number {
  return Math.max(0, total - good);
}

/** Good ÷ all; 1 without events: nothing promised was broken. */
export function ratioOf({ good, total }: Events): number {
  return total <= 0 ? 1 : Math.min(1, Math.max(0, good / total));
}

/**
 * How many times as fast as allowed the budget is being spent: 1 spends all of it in just the window.
 *
 * @see Google, The Site Reliability Workbook, chapter 5
 */
export function burnRateOf(events: Events, objective: number): number {
  return (1 - ratioOf(events)) / (1 - objective);
}
