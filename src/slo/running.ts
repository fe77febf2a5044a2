import { type Events, NO_EVENTS } from "./objective.js";
import type { Reading } from "./sli.js";

/** A counter that is not shown for a while goes on from where it was; so many of those are remembered. */
const MAX_PARTS = 20_000;

/**
 * Counts that only grow, of parts each of which may begin anew: after a restart, or when a series that
 * nobody used for hours was let go.
 */
export class RunningEvents {
  #good = 0;
  #total = 0;
  #late = 0;
  #last: Map<string, Events> | undefined;

  /** Since the first reading. */
  get sum(): Events {
    const good = Math.max(0, this.#good);
    return { good: Math.min(good, this.#total), total: this.#total };
  }

  /** What the first reading finds there belongs to the source, not to us. */
  read({ parts, late = 0, resumes = false }: Pick<Reading, "parts" | "late" | "resumes">): void {
    const last = this.#last;
    this.#last = new Map(resumes && last !== undefined && last.size < MAX_PARTS ? last : []);
    for (const [key, events] of parts) {
      this.#last.set(key, events);
      if (last !== undefined) this.#add(events, last.get(key) ?? NO_EVENTS);
    }
    if (last !== undefined) this.#good -= Math.max(0, late - this.#late);
    this.#late = late;
  }

  #add({ good, total }: Events, last: Events): void {
    // What is there after a new beginning has been added since.
    const isNew = good < last.good || total < last.total;
    this.#good += isNew ? good : good - last.good;
    this.#total += isNew ? total : total - last.total;
  }
}
