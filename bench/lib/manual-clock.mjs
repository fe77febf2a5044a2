/** Time that moves only when told. */
export class ManualClock {
  time = 1000;
  #timers = new Set();

  now() {
    return this.time;
  }

  wall() {
    return this.time;
  }

  schedule(delayMs, callback) {
    const timer = { at: this.time + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }

  /** Moves on to when the next timer is due, and fires it. */
  fire() {
    let next;
    for (const timer of this.#timers) if (next === undefined || timer.at < next.at) next = timer;
    this.#timers.delete(next);
    this.time = Math.max(this.time, next.at);
    next.callback();
  }
}
