import { HOUR, MINUTE } from "./decay.js";
import { Recurrence } from "./recurrence.js";

/** Quiet for so long: it is over. What comes back before is the same episode. */
const OVER_MS = 5 * MINUTE;
const ONGOING_MS = 5 * MINUTE;
/** Clear of the alarm, not only just below it. */
const QUIET_SCORE = 0.2;

/** What there is to tell after a window. */
export type Change = "begun" | "ongoing" | "ended" | "accepted" | undefined;

/** One signal's anomaly from its first sight to its end, and the memory of earlier ones. */
export class Episode {
  readonly recurrence = new Recurrence();
  isOpen = false;
  sinceMs = 0;
  /** Requests that were part of it. */
  affected = 0;
  /** Nothing is told of this one: it is known from earlier days. */
  isKnown = false;
  #quietSinceMs = Number.NaN;
  #suspiciousSinceMs = Number.NaN;
  #toldMs = 0;

  /** @param acceptMs - what lasts so long is the new normal */
  constructor(private readonly acceptMs: number) {}

  /** @param size - how far from what is usual, ≥ 1; asked when it begins */
  step(timeMs: number, score: number, size: () => number): Change {
    if (!this.isOpen) {
      if (score < QUIET_SCORE) this.#suspiciousSinceMs = Number.NaN;
      else if (Number.isNaN(this.#suspiciousSinceMs)) this.#suspiciousSinceMs = timeMs;
      return score >= 0.5 ? this.#begin(timeMs, size()) : undefined;
    }
    if (score >= QUIET_SCORE) this.#quietSinceMs = Number.NaN;
    else if (Number.isNaN(this.#quietSinceMs)) this.#quietSinceMs = timeMs;
    if (timeMs - this.#quietSinceMs >= OVER_MS) return this.#end("ended");
    if (timeMs - this.sinceMs >= this.acceptMs) return this.#end("accepted");
    if (this.isKnown || timeMs - this.#toldMs < ONGOING_MS) return undefined;
    this.#toldMs = timeMs;
    return "ongoing";
  }

  #begin(timeMs: number, size: number): Change {
    const beganMs = Number.isNaN(this.#suspiciousSinceMs) ? timeMs : this.#suspiciousSinceMs;
    this.isOpen = true;
    this.sinceMs = beganMs;
    this.affected = 0;
    this.#quietSinceMs = Number.NaN;
    this.#toldMs = timeMs;
    this.isKnown = this.recurrence.isKnown(beganMs, size);
    this.recurrence.note(beganMs, size);
    return this.isKnown ? undefined : "begun";
  }

  #end(how: "ended" | "accepted"): Change {
    this.isOpen = false;
    this.#suspiciousSinceMs = Number.NaN;
    return how;
  }
}

/** Errors are got used to last: half a day of them is still an outage. */
export const ACCEPT_MS = {
  latency: 3 * HOUR,
  traffic: 3 * HOUR,
  errors: 12 * HOUR,
  saturation: 6 * HOUR,
} as const;
