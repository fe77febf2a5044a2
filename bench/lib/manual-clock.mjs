/** Time that moves only when told; a monitor has one timer, so one is kept. */
export class ManualClock {
  time = 1000;
  timer;

  now() {
    return this.time;
  }

  wall() {
    return this.time;
  }

  schedule(delayMs, callback) {
    const timer = { at: this.time + Math.max(0, delayMs), callback };
    this.timer = timer;
    return () => {
      if (this.timer === timer) this.timer = undefined;
    };
  }

  /** Moves on to when the timer is due, and fires it. */
  fire() {
    const { timer } = this;
    this.timer = undefined;
    this.time = Math.max(this.time, timer.at);
    timer.callback();
  }
}
