import { Accumulator } from "../histogram/accumulator.js";
import type { ClosedHistogram } from "../histogram/closed-histogram.js";
import { Layout } from "../histogram/layout.js";

/** Most durations kept apart before they are merged. */
const PENDING = 256;

const LAYOUT = new Layout({ lowest: 1, highest: 3_600_000_000, significantDigits: 2 });
/** µs per second: read in seconds. */
const SCALE = 1_000_000;

let scratch: Accumulator | undefined;

/**
 * Durations of the library's own work. Apart from the registry, so that watching itself adds neither
 * series nor records to what it watches.
 */
export class SelfHistogram {
  #total: ClosedHistogram | undefined;
  readonly #pending: number[] = [];

  record(durationMs: number): void {
    this.#pending.push(Math.min(LAYOUT.highest, Math.max(0, Math.round(durationMs * 1000))));
    if (this.#pending.length >= PENDING) this.read();
  }

  /** All durations since the start, in seconds. */
  read(): ClosedHistogram {
    scratch ??= new Accumulator(LAYOUT);
    if (this.#total !== undefined) {
      if (this.#pending.length === 0) return this.#total;
      scratch.addClosed(this.#total);
    }
    for (const units of this.#pending) scratch.addSlot(LAYOUT.slotOf(units), 1);
    this.#pending.length = 0;
    this.#total = scratch.take(SCALE);
    return this.#total;
  }
}
