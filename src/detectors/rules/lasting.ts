import { Pace } from "../method/pace.js";

/** Typical gaps after which an observation is taken for missing rather than late. */
const GAPS = 5;

/** Since when something has held without a break. */
export class Lasting {
  readonly pace = new Pace();
  /** NaN while it does not hold. */
  sinceMs = Number.NaN;

  /** @param forMs - what was not looked at for longer, and for longer than is usual, has not held */
  learn(holds: boolean, timeMs: number, forMs: number): void {
    const { stepMs, lastMs } = this.pace;
    const gap = timeMs - lastMs;
    const isBroken = gap > forMs && stepMs > 0 && gap > GAPS * stepMs;
    if (!holds) this.sinceMs = Number.NaN;
    else if (!(timeMs >= this.sinceMs) || isBroken) this.sinceMs = timeMs;
    this.pace.learn(timeMs);
  }

  /** How long it has held by its last observation, ms; NaN when it does not. */
  get heldMs(): number {
    return this.pace.lastMs - this.sinceMs;
  }
}
