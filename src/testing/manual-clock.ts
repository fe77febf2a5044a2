import type { Clock } from "../time/clock.js";

interface Timer {
  readonly at: number;
  readonly callback: () => void;
}

/**
 * Time that moves only when told. Timers fire in order, each at its own instant.
 *
 * Hand it to `createAuspex({ clock })`, or to whatever takes a `Clock`.
 */
export class ManualClock implements Clock {
  #now = 1000;
  readonly #timers = new Set<Timer>();
  /** Added to monotonic time to make wall time, epoch ms; change it to step the wall clock. */
  epoch = Date.UTC(2026, 0, 1);

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.epoch + this.#now;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** CPU of the process in ms: moved by hand, like time. */
  cpuMs = 0;

  cpu(): number {
    return this.cpuMs;
  }

  /** Timers that have not fired. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time without firing what falls due: what a blocked event loop does. */
  block(ms: number): void {
    this.#now += ms;
  }

  /** Moves time, and fires what falls due on the way. */
  advance(ms: number): void {
    const target = this.#now + ms;
    for (;;) {
      let next: Timer | undefined;
      for (const timer of this.#timers) if (next === undefined || timer.at < next.at) next = timer;
      if (next === undefined || next.at > target) break;
      this.#timers.delete(next);
      this.#now = Math.max(this.#now, next.at);
      next.callback();
    }
    this.#now = Math.max(this.#now, target);
  }
}
