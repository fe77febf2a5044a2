import { badOf, type Events, NO_EVENTS, plus } from "./objective.js";
import type { Causes, CausesRead } from "./sli.js";

const DAY = 86_400_000;

/** Causes told apart in one day; what comes beyond them is one. */
const MAX_CAUSES = 50;
const OTHER = "_OTHER";

/** One day (UTC) of an SLO. */
export interface Day {
  /** Epoch ms at which it began. */
  readonly from: number;
  readonly events: Events;
  readonly causes: Causes;
}

export type DayBookState = readonly {
  readonly from: number;
  readonly good: number;
  readonly total: number;
  readonly causes: readonly (readonly [string, number])[];
}[];

/** What happened on each day, and what spent the budget. */
export class DayBook {
  readonly #days = new Map<number, { events: Events; causes: Map<string, number> }>();
  #last: CausesRead = new Map();

  constructor(private readonly keepDays: number) {}

  /** Days of which something is known, oldest first. */
  get days(): readonly Day[] {
    return [...this.#days].map(([from, day]) => ({ from, ...day })).sort((a, b) => a.from - b.from);
  }

  /** @param added - since the last time @param causes - absolute counts of bad events */
  add(timeMs: number, added: Events, causes: CausesRead): void {
    const from = Math.floor(timeMs / DAY) * DAY;
    let day = this.#days.get(from);
    if (day === undefined) {
      day = { events: NO_EVENTS, causes: new Map() };
      this.#days.set(from, day);
      for (const old of this.#days.keys()) {
        if (old < from - this.keepDays * DAY) this.#days.delete(old);
      }
    }
    day.events = plus(day.events, added);
    const isBad = badOf(added) > 0;
    for (const [key, { what, count }] of causes) {
      const last = this.#last.get(key)?.count ?? 0;
      const more = count >= last ? count - last : count;
      // The first reading of a cause that was there before is nobody's spending.
      if (more === 0 || !isBad) continue;
      const known = day.causes.has(what) || day.causes.size < MAX_CAUSES ? what : OTHER;
      day.causes.set(known, (day.causes.get(known) ?? 0) + more);
    }
    this.#last = causes;
  }

  save(): DayBookState {
    return this.days.map(({ from, events, causes }) => ({ from, ...events, causes: [...causes] }));
  }

  restore(state: unknown): void {
    if (!Array.isArray(state)) return;
    for (const { from, good, total, causes } of state as DayBookState) {
      if (![from, good, total].every(Number.isFinite) || !Array.isArray(causes)) continue;
      // What was counted since the start, should it be restored late, is part of the day.
      const own = this.#days.get(from);
      const all = new Map<string, number>(causes);
      for (const [what, count] of own?.causes ?? []) all.set(what, (all.get(what) ?? 0) + count);
      const events = plus({ good, total }, own?.events ?? NO_EVENTS);
      this.#days.set(from, { events, causes: all });
    }
  }
}
