import type { Clock } from "../../src/time/clock.js";

interface Timer {
  at: number;
  callback: () => void;
}

/** Time that moves only when told. Timers fire in order, each at its own instant. */
export class ManualClock implements Clock {
  #now = 1000;
  readonly #timers = new Set<Timer>();
  /** Added to monotonic time to make wall time; change it to step the wall clock. */
  epoch = Date.UTC(2026, 0, 1);

  now(): number {
    return this.#now;
  }

  wall(): number {
    return this.epoch + this.#now;
  }

  /** CPU of the process in ms: moved by hand, like time. */
  cpuMs = 0;

  cpu(): number {
    return this.cpuMs;
  }

  schedule(delayMs: number, callback: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  get pending(): number {
    return this.#timers.size;
  }

  /** Moves time without firing what falls due: what a blocked event loop does. */
  block(ms: number): void {
    this.#now += ms;
  }

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
