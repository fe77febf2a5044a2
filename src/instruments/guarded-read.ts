import { isThenable } from "../diag/guarded-call.js";

/** Counts what foreign callbacks did wrong. */
export interface CallbackTally {
  callbackErrors: number;
}

/**
 * A foreign callback that answers a number, read on the timer.
 *
 * It may throw, answer nonsense, answer late or call back into the library: each is counted, none is
 * passed on. A promise is waited for without blocking; while one is open no other is asked for.
 */
export class GuardedRead {
  #busy = false;
  #stale = false;

  constructor(
    private readonly read: () => unknown,
    private readonly set: (value: number) => void,
    private readonly tally: CallbackTally,
  ) {}

  poll(): void {
    if (this.#busy) {
      // Counted once per answer that is late by a whole interval.
      if (!this.#stale) this.tally.callbackErrors++;
      this.#stale = true;
      return;
    }
    this.#busy = true;
    let answer: unknown;
    try {
      answer = this.read();
    } catch {
      this.tally.callbackErrors++;
      this.#busy = false;
      return;
    }
    if (isThenable(answer)) {
      this.#await(answer);
      return;
    }
    this.#busy = false;
    this.#take(answer);
  }

  #await(answer: PromiseLike<unknown>): void {
    const done = (take: () => void): void => {
      this.#busy = false;
      this.#stale = false;
      take();
    };
    const failed = () => done(() => this.tally.callbackErrors++);
    try {
      // A foreign `then` may call back twice, or throw after it has called back.
      Promise.resolve(answer).then((value) => done(() => this.#take(value)), failed);
    } catch {
      failed();
    }
  }

  #take(value: unknown): void {
    if (typeof value === "number" && Number.isFinite(value)) this.set(value);
    else this.tally.callbackErrors++;
  }
}
