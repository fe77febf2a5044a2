import { DAY_MS, HOUR_MS } from "../calendar.js";
import { type CapacityPlan, planOf } from "../forecast/capacity.js";
import { forecasting } from "../forecast/forecast.js";
import { reachOf } from "../forecast/reach.js";
import { columnsOf, type Point, type Series } from "../series.js";
import { lineThrough } from "../trend/theil-sen.js";
import { figure } from "../words.js";
import type { Finding } from "./telling.js";
import type { Watched } from "./watched.js";

/** What fills up now is looked for in the last minutes, and so far ahead. */
const RECENT_MINUTES = 90;
const LEAST_MINUTES = 30;
const SOON_MS = 6 * HOUR_MS;
const SURE = 0.99;
const WEEK_MS = 7 * DAY_MS;
const LEAST_PLAN_MS = 2 * DAY_MS;

/**
 * Looks at what fills up right now, beyond what is normal at this hour: a morning's load is not told of, nor
 * what may as well turn back. Cheap for what does not fill.
 */
export function* soonFull(
  watched: Watched,
  full: number,
  nowMs: number,
): Generator<void, Finding | undefined> {
  const recent = watched.history.series("minutes").slice(-RECENT_MINUTES);
  const isKnown = watched.isKnown();
  const isUnusual = !isKnown || watched.isAboveNormal(nowMs);
  if (!isUnusual || recent.length < LEAST_MINUTES || !mayFill(recent, full)) return undefined;
  const foreseen = yield* forecasting(recent, { horizonMs: SOON_MS, max: 1, unit: "1" });
  const reach = reachOf(foreseen, full, "up", "1");
  if (reach.state !== "expected" || reach.latestMs === undefined) return undefined;
  const inMs = (reach.expectedMs ?? nowMs) - nowMs;
  // On the first day any load may be normal.
  if (!isKnown && inMs > HOUR_MS) return undefined;
  return {
    kind: "capacity",
    severity: inMs < HOUR_MS ? "critical" : "warning",
    reason: reach.reason,
    advice: "add capacity, or shed load before then",
    data: { ...reach },
  };
}

/** Whether a line through the last minutes gets there in time: most series do not, and cost no forecast. */
function mayFill(recent: Series, full: number): boolean {
  const line = lineThrough(columnsOf(recent), SURE);
  const last = recent.at(-1)?.value ?? 0;
  return line !== undefined && line.lower > 0 && last < full && last + line.upper * SOON_MS >= full;
}

/**
 * Plans the capacity of what can run full, no further ahead than is known back. Of a week's knowledge it
 * finds what will be full within a week, and what has been full on some days already.
 * @returns undefined while less than two days are known
 */
export function* planned(
  watched: Watched,
  options: { readonly full: number; readonly target: number; readonly horizonMs: number },
  nowMs: number,
): Generator<void, { readonly plan: CapacityPlan; readonly finding?: Finding } | undefined> {
  const { full, target } = options;
  const hours = watched.history.series("hours", "max");
  const spanMs = hours.length === 0 ? 0 : nowMs - (hours[0] as Point).timeMs;
  if (spanMs < LEAST_PLAN_MS) return undefined;
  const horizonMs = Math.min(options.horizonMs, spanMs);
  const foreseen = yield* forecasting(hours, { horizonMs, unit: "1" });
  const plan = planOf(foreseen, { full, target });
  if (spanMs < WEEK_MS) return { plan };
  const finding = wasFull(hours, plan, full, nowMs) ?? willBeFull(plan, nowMs);
  return finding === undefined ? { plan } : { plan, finding };
}

function willBeFull(plan: CapacityPlan, nowMs: number): Finding | undefined {
  const { state, expectedMs = nowMs, reason } = plan.full;
  if (state !== "expected" || expectedMs - nowMs > WEEK_MS) return undefined;
  return {
    kind: "capacity",
    severity: expectedMs - nowMs < 2 * DAY_MS ? "warning" : "info",
    reason: `at its peaks it ${reason}`,
    advice: adviceOf(plan),
    data: { ...plan },
  };
}

/** What is full day after day is no news each day. */
function wasFull(
  hours: Series,
  plan: CapacityPlan,
  full: number,
  nowMs: number,
): Finding | undefined {
  const days = new Set<number>();
  for (const { timeMs, value } of hours) {
    if (timeMs >= nowMs - WEEK_MS && value >= full) days.add(Math.floor(timeMs / DAY_MS));
  }
  if (days.size === 0) return undefined;
  const count = days.size === 1 ? "one day" : `${days.size} days`;
  return {
    kind: "capacity",
    severity: "info",
    reason: `was above ${figure(full, "1")} on ${count} of the last week`,
    advice: adviceOf(plan),
    data: { ...plan },
    quietMs: WEEK_MS,
  };
}

function adviceOf({ factor }: CapacityPlan): string {
  return `plan for ${figure(factor)} × today's capacity`;
}
