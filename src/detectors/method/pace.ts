import { SortedWindow } from "./sorted-window.js";

const GAPS = 15;

/** How far apart observations are: the median of the last gaps, whatever one outage or a burst does. */
export class Pace {
  readonly gaps = new SortedWindow(GAPS);
  lastMs = Number.NaN;

  learn(timeMs: number): void {
    if (timeMs > this.lastMs) this.gaps.learn(timeMs - this.lastMs);
    this.lastMs = timeMs;
  }

  /** Typical gap in ms; 0 while fewer than 8 are known. */
  get stepMs(): number {
    return this.gaps.count < 8 ? 0 : this.gaps.median;
  }

  /** How many typical gaps after the last observation a time is; 1 … most. */
  stepsTo(timeMs: number, most: number): number {
    const { stepMs } = this;
    const steps = stepMs === 0 ? 1 : Math.round((timeMs - this.lastMs) / stepMs);
    return steps >= 1 ? Math.min(most, steps) : 1;
  }
}
