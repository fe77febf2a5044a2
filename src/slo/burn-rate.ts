import type { Severity } from "../snapshot/events.js";
import { badOf, burnRateOf, type Events } from "./objective.js";

/** Alert when the budget burns faster than `factor`, over a long window and, still, over a short one. */
export interface BurnRate {
  /** Times as fast as allowed. */
  readonly factor: number;
  readonly longMs: number;
  /** Ends the alert soon after the burning has ended. */
  readonly shortMs: number;
  /** @default critical above 10, warning above 5, else info */
  readonly severity?: Severity;
}

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/**
 * For a window of 30 days: 2 % of the budget in an hour, 5 % in six, 10 % in a day, 10 % in three.
 *
 * @see Google, The Site Reliability Workbook, chapter 5, table 5-8
 */
export const BURN_RATES: readonly BurnRate[] = Object.freeze([
  { factor: 14.4, longMs: HOUR, shortMs: 5 * MINUTE },
  { factor: 6, longMs: 6 * HOUR, shortMs: 30 * MINUTE },
  { factor: 3, longMs: DAY, shortMs: 2 * HOUR },
  { factor: 1, longMs: 3 * DAY, shortMs: 6 * HOUR },
]);

/** For those who want to be woken sooner: 5 % of the budget in an hour. */
export const FAST_BURN: BurnRate = Object.freeze({
  factor: 36,
  longMs: HOUR,
  shortMs: 5 * MINUTE,
  severity: "critical",
});

/** What one pair of windows shows now. */
export interface BurnStatus {
  readonly factor: number;
  readonly severity: Severity;
  readonly longMs: number;
  readonly shortMs: number;
  /** Times as fast as allowed, over each window. */
  readonly long: number;
  readonly short: number;
  /** Events of the long window. */
  readonly events: number;
  readonly firing: boolean;
}

export function severityOf({ factor, severity }: BurnRate): Severity {
  if (severity !== undefined) return severity;
  if (factor > 10) return "critical";
  return factor > 5 ? "warning" : "info";
}

/** Bad events below which nothing is an incident, however few the requests were. */
const MIN_BAD = 2;

/** What burn rates are judged by. */
export interface Burning {
  readonly objective: number;
  /** In the long window; with fewer a ratio means nothing. */
  readonly minEvents: number;
  /** How far back anything is known, in ms. */
  readonly knownMs: number;
  /** Events of the last ms. */
  within(ms: number): Events;
}

/**
 * A history shorter than the long window counts for the part of it that it covers: an hour after its
 * start a process has spent an hour's share of the budget, not three days'.
 */
export function burnStatusOf(
  rate: BurnRate,
  { objective, minEvents, knownMs, within }: Burning,
): BurnStatus {
  const { factor, longMs, shortMs } = rate;
  const overLong = within(longMs);
  const overShort = within(shortMs);
  const long = burnRateOf(overLong, objective) * Math.min(1, knownMs / longMs);
  const short = burnRateOf(overShort, objective);
  const isEnough = overLong.total >= minEvents && badOf(overLong) >= MIN_BAD;
  const firing = isEnough && reaches(long, factor) && reaches(short, factor);
  const severity = severityOf(rate);
  return { factor, severity, longMs, shortMs, long, short, events: overLong.total, firing };
}

/** A burn of exactly the factor counts, whatever division made of it. */
function reaches(burn: number, factor: number): boolean {
  return burn >= factor * (1 - 1e-9);
}
