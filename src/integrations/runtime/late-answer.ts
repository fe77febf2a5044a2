import { type CallbackTally, GuardedRead } from "../../instruments/guarded-read.js";
import { Countdown } from "./countdown.js";

/**
 * Asks an asynchronous source now and then, one question at a time.
 *
 * What rejects or makes no sense is counted; so is, once, an answer that is late by a whole step, and
 * nothing more is asked until it came.
 */
export class LateAnswer {
  /** The last answer; NaN before the first and when it is two steps old. */
  value = Number.NaN;
  readonly #read: GuardedRead;
  readonly #countdown: Countdown;
  readonly #everyMs: number;
  #ageMs = 0;

  constructor(everyMs: number, ask: () => Promise<number>, tally: CallbackTally) {
    this.#everyMs = everyMs;
    this.#countdown = new Countdown(everyMs, 0);
    this.#read = new GuardedRead(ask, (value) => this.#take(value), tally);
  }

  sample(elapsedMs: number): void {
    this.#ageMs += elapsedMs;
    if (this.#ageMs > 2.5 * this.#everyMs) this.value = Number.NaN;
    if (this.#countdown.isDue(elapsedMs)) this.#read.poll();
  }

  #take(value: number): void {
    this.value = value;
    this.#ageMs = 0;
  }
}
