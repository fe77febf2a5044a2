import type { Day } from "./day-book.js";
import { type ErrorBudget, errorBudgetOf } from "./error-budget.js";
import { badOf, type Events, NO_EVENTS, plus, ratioOf } from "./objective.js";

/** A part of what was spent. */
export interface Spending {
  /** Operation and reason: `"GET /cart: TimeoutError"`. */
  readonly what: string;
  readonly bad: number;
  /** Of all bad events of the time, 0…1. */
  readonly share: number;
}

export interface ReportDay {
  /** Epoch ms at which the day (UTC) began. */
  readonly from: number;
  readonly events: Events;
  readonly ratio: number;
  readonly bad: number;
}

/** How a promise was kept over some time. */
export interface SloReport {
  readonly name: string;
  readonly objective: number;
  /** Epoch ms. */
  readonly from: number;
  readonly to: number;
  readonly events: Events;
  /** Good ÷ all; 1 without events. */
  readonly ratio: number;
  readonly met: boolean;
  readonly budget: ErrorBudget;
  /** What spent the budget, most first. */
  readonly spending: readonly Spending[];
  readonly days: readonly ReportDay[];
}

const MOST_SPENDING = 20;

/** Of whole days, between two moments. */
export function reportOf(
  about: { readonly name: string; readonly objective: number },
  days: readonly Day[],
  from: number,
  to: number,
): SloReport {
  const within = days.filter((day) => day.from >= from && day.from < to);
  const events = within.reduce((sum, day) => plus(sum, day.events), NO_EVENTS);
  return {
    ...about,
    from,
    to,
    events,
    ratio: ratioOf(events),
    met: ratioOf(events) >= about.objective,
    budget: errorBudgetOf(events, about.objective, to - from),
    spending: spendingOf(within, badOf(events)),
    days: within.map((day) => ({
      from: day.from,
      events: day.events,
      ratio: ratioOf(day.events),
      bad: badOf(day.events),
    })),
  };
}

function spendingOf(days: readonly Day[], bad: number): readonly Spending[] {
  const sums = new Map<string, number>();
  for (const { causes } of days) {
    for (const [what, count] of causes) sums.set(what, (sums.get(what) ?? 0) + count);
  }
  return [...sums]
    .map(([what, count]) => ({ what, bad: count, share: bad === 0 ? 0 : Math.min(1, count / bad) }))
    .sort((a, b) => b.bad - a.bad)
    .slice(0, MOST_SPENDING);
}
