import type { CounterSeries } from "../../instruments/counter.js";

/** Adds to a counter what a foreign total has grown by. */
export class ForeignTotal {
  #last = Number.NaN;

  constructor(private readonly counter: CounterSeries) {}

  /** @param total - NaN: nothing to say. What it was the first time came before us and is not counted */
  follow(total: number): void {
    if (Number.isNaN(total)) return;
    // A smaller one has begun anew, from 0.
    if (!Number.isNaN(this.#last)) {
      this.counter.add(total >= this.#last ? total - this.#last : total);
    }
    this.#last = total;
  }

  /** Another source has a total of its own. */
  forget(): void {
    this.#last = Number.NaN;
  }
}
