/** As far as `Date` reaches, either way. */
const FARTHEST_MS = 8.64e15;
/** Observations in a row behind the last one after which the clock is taken to have been set back. */
const PATIENCE = 60;

/** Which observations advance in time, and so may be learned from. */
export class Timeline {
  /** Of the last observation that advanced; NaN before the first. */
  lastMs = Number.NaN;
  behindMs = Number.NaN;
  behind = 0;

  /**
   * Whether an observation at this time is news. One that repeats or lies before the last is not;
   * but a clock that was set back for good is followed in the end.
   */
  advances(timeMs: number): boolean {
    if (typeof timeMs !== "number" || !(Math.abs(timeMs) <= FARTHEST_MS)) return false;
    if (timeMs <= this.lastMs) {
      this.behind = timeMs > this.behindMs ? this.behind + 1 : 0;
      this.behindMs = timeMs;
      if (this.behind < PATIENCE) return false;
    }
    this.behind = 0;
    this.behindMs = Number.NaN;
    this.lastMs = timeMs;
    return true;
  }
}
