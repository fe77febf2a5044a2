import { type Events, minus, NO_EVENTS, plus } from "./objective.js";

/**
 * Counts that only grow, of a source that may begin anew: after a restart, or when a series that nobody
 * used for hours was let go.
 */
export class RunningEvents {
  /** Since the very first reading. */
  sum: Events = NO_EVENTS;
  #last: Events | undefined;

  /** @param isFirst - what the source had before it was first read belongs to it, not to us */
  read(events: Events): void {
    const last = this.#last;
    this.#last = events;
    if (last === undefined) return;
    const added = minus(events, last);
    // What is there after a new beginning has been added since.
    const isNew = added.total < 0 || added.good < 0;
    this.sum = plus(this.sum, isNew ? clean(events) : clean(added));
  }
}

/** A good event that is counted before its total is looked at must not make more good than all. */
function clean({ good, total }: Events): Events {
  return { good: Math.min(good, total), total };
}
