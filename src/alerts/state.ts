import type { Verdict } from "./conditions/evaluable.js";

/** Of one alert of one rule in one process. */
export type Phase = "inactive" | "pending" | "firing";

/** Where an alert stands. Times are steady ms. */
export interface Standing {
  readonly phase: Phase;
  /** When this phase began. */
  readonly sinceMs: number;
  /** When what it fires for began: before the firing by as long as it was pending. */
  readonly beganMs: number;
  /** When it was last beyond its threshold. */
  readonly breachedMs: number;
}

/** How long an alert waits on its way up, and on its way down. */
export interface Timing {
  readonly forMs: number;
  readonly keepFiringMs: number;
}

/** A verdict, or what to make of a missing one: it stays as it was. */
export type Judgement = Exclude<Verdict, "missing"> | "keep";

export const INACTIVE: Standing = {
  phase: "inactive",
  sinceMs: 0,
  beganMs: 0,
  breachedMs: 0,
};

/**
 * The next standing: inactive → pending → firing → inactive. Pure.
 *
 * A pending alert must be beyond its threshold each time it is looked at; a firing one stays until it has
 * been back for `keepFiringMs`, and between its two thresholds it is not back.
 */
export function next(
  standing: Standing,
  judgement: Judgement,
  nowMs: number,
  { forMs, keepFiringMs }: Timing,
): Standing {
  const { phase, breachedMs } = standing;
  if (phase === "firing") {
    if (judgement !== "clear") return { ...standing, breachedMs: nowMs };
    return nowMs - breachedMs >= keepFiringMs ? INACTIVE : standing;
  }
  if (phase === "pending" && judgement === "keep") return standing;
  if (judgement !== "breach") return INACTIVE;
  const beganMs = phase === "pending" ? standing.beganMs : nowMs;
  return nowMs - beganMs >= forMs
    ? { phase: "firing", sinceMs: nowMs, beganMs, breachedMs: nowMs }
    : { phase: "pending", sinceMs: beganMs, beganMs, breachedMs: nowMs };
}
