const DAY = 86_400_000;

export type Calendar = "day" | "week" | "month" | "quarter" | "year";

export const CALENDARS: readonly Calendar[] = ["day", "week", "month", "quarter", "year"];

/** The time over which an objective holds: the last days, or a period of the calendar (UTC). */
export type SloWindow = { readonly days: number } | { readonly calendar: Calendar };

/** Epoch ms, `[from, to)`; `to` is in the future within a period of the calendar. */
export interface Period {
  readonly from: number;
  readonly to: number;
}

export function periodAt(window: SloWindow, nowMs: number): Period {
  if ("days" in window) return { from: nowMs - window.days * DAY, to: nowMs };
  const now = new Date(nowMs);
  const year = now.getUTCFullYear();
  const month = now.getUTCMonth();
  const day = now.getUTCDate();
  const span = (from: number, to: number): Period => ({ from, to });
  switch (window.calendar) {
    case "day":
      return span(Date.UTC(year, month, day), Date.UTC(year, month, day + 1));
    case "week": {
      // Weeks begin on Monday, as ISO 8601 has it.
      const monday = day - ((now.getUTCDay() + 6) % 7);
      return span(Date.UTC(year, month, monday), Date.UTC(year, month, monday + 7));
    }
    case "month":
      return span(Date.UTC(year, month, 1), Date.UTC(year, month + 1, 1));
    case "quarter": {
      const first = month - (month % 3);
      return span(Date.UTC(year, first, 1), Date.UTC(year, first + 3, 1));
    }
    case "year":
      return span(Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1));
  }
}

export function lengthOf({ from, to }: Period): number {
  return to - from;
}

/** The longest a window may be, in ms. */
export function longestOf(window: SloWindow): number {
  if ("days" in window) return window.days * DAY;
  return { day: 1, week: 7, month: 31, quarter: 92, year: 366 }[window.calendar] * DAY;
}
