/** What the library used so far, and what there was; running totals in ms. */
export interface Spending {
  /** CPU of the library's timer work. */
  readonly timerMs: number;
  /** CPU of recording. */
  readonly recordingMs: number;
  /** CPU of the whole process. */
  readonly processMs: number;
  readonly elapsedMs: number;
}

/** Below this share of one core nothing is saved: it is only the idle process that makes it look much. */
const UNWORTHY = 0.005;
/** Goes back when twice the timer work would still leave a fifth of the budget… */
const COMFORT = 0.8;
/** …so many times in a row. */
const CALM_STEPS = 3;

/**
 * Keeps the library within its share of the CPU time of the process: over it, timer work is done half
 * as often, and half as often again; when there is room, step by step as often as asked.
 *
 * Recording is never touched: totals stay exact.
 */
export class Governor {
  /** Intervals are so many times as long as asked: a power of two. */
  factor = 1;
  /** Whether the last step was over the budget, whatever could be done about it. */
  isOver = false;
  #before: Spending;
  #calm = 0;

  constructor(
    /** Share of the CPU time of the process; Infinity: no limit. */
    readonly budget: number,
    private readonly maxFactor: number,
    start: Spending,
  ) {
    this.#before = start;
  }

  /** Looks at what was spent since the last time. @returns whether `factor` changed */
  update(now: Spending): boolean {
    const before = this.#before;
    this.#before = now;
    const timerMs = now.timerMs - before.timerMs;
    const recordingMs = now.recordingMs - before.recordingMs;
    const elapsedMs = now.elapsedMs - before.elapsedMs;
    const allowedMs = Math.max(
      this.budget * (now.processMs - before.processMs),
      UNWORTHY * elapsedMs,
    );
    this.isOver = timerMs + recordingMs > allowedMs;
    const isRoomy = 2 * timerMs + recordingMs <= COMFORT * allowedMs;
    this.#calm = isRoomy ? this.#calm + 1 : 0;
    if (this.isOver) return this.#set(timerMs > recordingMs / 4 ? this.factor * 2 : this.factor);
    return this.#set(this.#calm >= CALM_STEPS ? this.factor / 2 : this.factor);
  }

  #set(wanted: number): boolean {
    const factor = Math.max(1, Math.min(this.maxFactor, wanted));
    if (factor === this.factor) return false;
    this.factor = factor;
    this.#calm = 0;
    return true;
  }
}
