import { DAY, HOUR, MINUTE } from "./decay.js";
import { type Past, Recurrence } from "./recurrence.js";

/** Quiet for so long: it is over. What comes back before is the same episode. */
const OVER_MS = 5 * MINUTE;
const ONGOING_MS = 5 * MINUTE;
/** Clear of the alarm, not only just below it. */
const QUIET_SCORE = 0.2;
/** Nearly an alarm: not told of, but remembered, for what recurs is not as large each time. */
const NOTED_SCORE = 0.3;

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
  #past: Past | undefined;

  /** @param acceptMs - what lasts so long is the new normal */
  constructor(private readonly acceptMs: number) {}

  /** @param size - how far from what is usual, ≥ 1; asked when it begins */
  step(timeMs: number, score: number, size: () => number): Change {
    this.#remember(timeMs, score, size);
    if (!this.isOpen) return score >= 0.5 ? this.#begin(timeMs) : undefined;
    if (score >= QUIET_SCORE) this.#quietSinceMs = Number.NaN;
    else if (Number.isNaN(this.#quietSinceMs)) this.#quietSinceMs = timeMs;
    if (this.isKnown && score >= 0.5 && this.#isNews()) return this.#tell(timeMs);
    if (timeMs - this.#quietSinceMs >= OVER_MS) return this.#end("ended");
    if (timeMs - this.sinceMs >= this.acceptMs) return this.#end("accepted");
    if (this.isKnown || timeMs - this.#toldMs < ONGOING_MS) return undefined;
    this.#toldMs = timeMs;
    return "ongoing";
  }

  /** There is nothing to look at any more. */
  close(): Change {
    return this.isOpen ? this.#end("ended") : undefined;
  }

  #remember(timeMs: number, score: number, size: () => number): void {
    if (score < QUIET_SCORE) {
      this.#suspiciousSinceMs = Number.NaN;
      if (!this.isOpen) this.#past = undefined;
      return;
    }
    if (Number.isNaN(this.#suspiciousSinceMs)) this.#suspiciousSinceMs = timeMs;
    if (score < NOTED_SCORE) return;
    this.#past ??= this.recurrence.note(this.#suspiciousSinceMs, 1);
    this.#past.size = Math.max(this.#past.size, size());
    if (score >= 0.5) this.#past.lastedMs = timeMs - this.#past.beganMs;
  }

  #begin(timeMs: number): Change {
    this.isOpen = true;
    this.sinceMs = this.#suspiciousSinceMs;
    this.affected = 0;
    this.#quietSinceMs = Number.NaN;
    this.isKnown = !this.#isNews();
    return this.isKnown ? undefined : this.#tell(timeMs);
  }

  /** Never seen before at this time, or never so large, or never for so long. */
  #isNews(): boolean {
    return this.#past !== undefined && !this.recurrence.isKnown(this.#past);
  }

  #tell(timeMs: number): Change {
    this.isKnown = false;
    this.#toldMs = timeMs;
    return "begun";
  }

  #end(how: "ended" | "accepted"): Change {
    this.isOpen = false;
    this.#suspiciousSinceMs = Number.NaN;
    this.#past = undefined;
    return how;
  }
}

/** Errors are got used to last but one: half a day of them is still an outage, a day of a full disk too. */
export const ACCEPT_MS = {
  latency: 3 * HOUR,
  traffic: 3 * HOUR,
  errors: 12 * HOUR,
  saturation: DAY,
} as const;
