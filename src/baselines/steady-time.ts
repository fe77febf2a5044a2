/** A clock may be put back so far, and forward, without its being doubted. */
const BACK_MS = 2 * 3_600_000;
const FORWARD_MS = 86_400_000;
/** A jump further than that is believed after so many values that agree. */
const WITNESSES = 10;

/** What to do with a value of a time: take it, leave it, or take it and forget what lies in the future. */
export type Judgement = "ok" | "doubtful" | "turned back";

/** Keeps one value from a clock that is years off from wiping out what weeks have taught. */
export class SteadyTime {
  #lastMs = Number.NaN;
  #doubtfulMs = Number.NaN;
  #witnesses = 0;

  judge(timeMs: number): Judgement {
    if (Number.isNaN(this.#lastMs) || isNear(timeMs, this.#lastMs)) {
      this.#witnesses = 0;
      this.#lastMs = Math.max(timeMs, Number.isNaN(this.#lastMs) ? timeMs : this.#lastMs);
      return "ok";
    }
    this.#witnesses = isNear(timeMs, this.#doubtfulMs) ? this.#witnesses + 1 : 1;
    this.#doubtfulMs = timeMs;
    if (this.#witnesses < WITNESSES) return "doubtful";
    const isBack = timeMs < this.#lastMs;
    this.#lastMs = timeMs;
    this.#witnesses = 0;
    return isBack ? "turned back" : "ok";
  }

  /** The time of the last value that was taken; NaN before there is one. */
  get lastMs(): number {
    return this.#lastMs;
  }

  restore(lastMs: number): void {
    this.#lastMs = lastMs;
  }
}

function isNear(timeMs: number, lastMs: number): boolean {
  return timeMs >= lastMs - BACK_MS && timeMs <= lastMs + FORWARD_MS;
}
