import { badOf, type Events, ratioOf } from "./objective.js";

/** What may still go wrong before the promise is broken. */
export interface ErrorBudget {
  /** Bad events that the window's traffic so far allows. */
  readonly allowed: number;
  readonly spent: number;
  readonly remaining: number;
  /** Of the budget: 1 untouched, 0 spent, below 0 overspent. */
  readonly remainingRatio: number;
  /** The same in minutes of full outage at the window's mean traffic. */
  readonly allowedMinutes: number;
  readonly spentMinutes: number;
  readonly remainingMinutes: number;
}

/**
 * @param windowMs - of the objective: 99.9 % over 30 days allows 43.2 minutes
 */
export function errorBudgetOf(events: Events, objective: number, windowMs: number): ErrorBudget {
  const allowed = (1 - objective) * events.total;
  const spent = badOf(events);
  const allowedMinutes = ((1 - objective) * windowMs) / 60_000;
  const spentRatio = events.total <= 0 ? 0 : (1 - ratioOf(events)) / (1 - objective);
  return {
    allowed,
    spent,
    remaining: allowed - spent,
    remainingRatio: 1 - spentRatio,
    allowedMinutes,
    spentMinutes: spentRatio * allowedMinutes,
    remainingMinutes: (1 - spentRatio) * allowedMinutes,
  };
}
