import { badOf, type Events, NO_EVENTS, plus } from "./objective.js";
import type { Causes } from "./sli.js";

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
  readonly #last = new Map<string, number>();

  constructor(private readonly keepDays: number) {}

  /** Days of which something is known, oldest first. */
  get days(): readonly Day[] {
    return [...this.#days].map(([from, day]) => ({ from, ...day })).sort((a, b) => a.from - b.from);
  }

  /** @param added - since the last time @param causes - absolute counts of bad events */
  add(timeMs: number, added: Events, causes: Causes): void {
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
    for (const [cause, count] of causes) {
      const last = this.#last.get(cause) ?? 0;
      const more = count >= last ? count - last : count;
      if (more === 0) continue;
      this.#remember(cause, count);
      // The first reading of a cause that was there before is nobody's spending.
      if (!isBad) continue;
      const known = day.causes.has(cause) || day.causes.size < MAX_CAUSES ? cause : OTHER;
      day.causes.set(known, (day.causes.get(known) ?? 0) + more);
    }
  }

  save(): DayBookState {
    return this.days.map(({ from, events, causes }) => ({ from, ...events, causes: [...causes] }));
  }

  restore(state: unknown): void {
    if (!Array.isArray(state)) return;
    for (const { from, good, total, causes } of state as DayBookState) {
      if (![from, good, total].every(Number.isFinite) || !Array.isArray(causes)) continue;
      this.#days.set(from, { events: { good, total }, causes: new Map(causes) });
    }
  }

  #remember(cause: string, count: number): void {
    this.#last.set(cause, count);
    const [oldest] = this.#last.keys();
    if (this.#last.size > 20 * MAX_CAUSES && oldest !== undefined) this.#last.delete(oldest);
  }
}
