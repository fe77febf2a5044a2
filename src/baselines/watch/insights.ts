import type { Insight, Severity } from "../../snapshot/events.js";
import { DAY_MS, HOUR_MS } from "../calendar.js";
import { type CapacityPlan, planOf } from "../forecast/capacity.js";
import { forecasting } from "../forecast/forecast.js";
import { reachOf } from "../forecast/reach.js";
import { withoutSeason } from "../forecast/season.js";
import { columnsOf, type Point, type Series } from "../series.js";
import { leak } from "../trend/leak.js";
import { lineThrough } from "../trend/theil-sen.js";
import { trend } from "../trend/trend.js";
import { figure } from "../words.js";
import type { Watched } from "./watched.js";

/** What fills up now is looked for in the last minutes, and so far ahead. */
const RECENT_MINUTES = 90;
const SOON_MS = 6 * HOUR_MS;
const LEAST_MINUTES = 30;
const LEAST_PLAN_MS = 2 * DAY_MS;
/** A trend takes whole days, and a leak a day at least, for the load of a day comes and goes. */
const TREND_DAYS = 7;
const LEAST_TREND_DAYS = 3;
const LEAST_DEGRADATION = 0.2;
const SURE = 0.99;
/** The same is not told again for so long, unless it has become more severe. */
const QUIET_MS = DAY_MS;

const RANKS = { info: 0, warning: 1, critical: 2 } as const satisfies Record<Severity, number>;

type Finding = Pick<Insight, "kind" | "severity" | "reason" | "advice" | "data">;

/**
 * Looks at what fills up right now, beyond what is normal at this hour: a morning's load is not told of.
 * Cheap for what does not.
 */
export function* soonFull(
  watched: Watched,
  full: number,
  nowMs: number,
): Generator<void, Insight | undefined> {
  const recent = watched.history.series("minutes", "mean").slice(-RECENT_MINUTES);
  const isKnown = watched.isKnown();
  const isUnusual = !isKnown || watched.isAboveNormal(nowMs);
  if (!isUnusual || recent.length < LEAST_MINUTES || !mayFill(recent, full)) return undefined;
  const foreseen = yield* forecasting(recent, { horizonMs: SOON_MS, max: 1, unit: "1" });
  const reach = reachOf(foreseen, full, "up", "1");
  if (reach.state !== "expected") return undefined;
  const inMs = (reach.expectedMs ?? nowMs) - nowMs;
  // On the first day any load may be normal.
  if (!isKnown && inMs > HOUR_MS) return undefined;
  return told(watched, nowMs, {
    kind: "capacity",
    severity: inMs < HOUR_MS ? "critical" : "warning",
    reason: reach.reason,
    advice: "add capacity, or shed load before then",
    data: { ...reach },
  });
}

/** Whether a line through the last minutes gets there in time: most series do not, and cost no forecast. */
function mayFill(recent: Series, full: number): boolean {
  const line = lineThrough(columnsOf(recent), SURE);
  const last = recent.at(-1)?.value ?? 0;
  return line !== undefined && line.lower > 0 && last < full && last + line.upper * SOON_MS >= full;
}

/**
 * Plans the capacity of what can run full, no further ahead than is known back.
 * @returns undefined while less than two days are known
 */
export function* planned(
  watched: Watched,
  options: { readonly full: number; readonly target: number; readonly horizonMs: number },
  nowMs: number,
): Generator<void, { readonly plan: CapacityPlan; readonly insight?: Insight } | undefined> {
  const { full, target } = options;
  const hours = watched.history.series("hours", "max");
  const spanMs = hours.length === 0 ? 0 : nowMs - (hours[0] as Point).timeMs;
  if (spanMs < LEAST_PLAN_MS) return undefined;
  const horizonMs = Math.min(options.horizonMs, spanMs);
  const foreseen = yield* forecasting(hours, { horizonMs, unit: "1" });
  const plan = planOf(foreseen, { full, target });
  const { state, expectedMs, reason } = plan.full;
  const inMs = (expectedMs ?? nowMs) - nowMs;
  const isWorthTelling = state === "expected" && inMs <= TREND_DAYS * DAY_MS;
  if (!isWorthTelling || spanMs < TREND_DAYS * DAY_MS) return { plan };
  const insight = told(watched, nowMs, {
    kind: "capacity",
    severity: inMs < 2 * DAY_MS ? "warning" : "info",
    reason: `at its peaks it ${reason}`,
    advice: `plan for ${figure(plan.factor)} × today's capacity`,
    data: { ...plan },
  });
  return insight === undefined ? { plan } : { plan, insight };
}

/** What a program can fail to give back. */
const LEAKABLE = /memory|heap|descriptor|thread|resource\.active/i;

/** Looks for what grows and gives nothing back. */
export function leaking(watched: Watched, nowMs: number): Insight | undefined {
  const { operation, unit, limited } = watched.subject;
  if (!LEAKABLE.test(operation)) return undefined;
  const floors = watched.history.series("hours", "min").slice(-TREND_DAYS * 24);
  const found = leak(floors, { minSpanMs: DAY_MS, unit, ...(limited ? { limit: 1 } : {}) });
  if (!found.leaking) return undefined;
  const { leaking: _, reason, ...data } = found;
  return told(watched, nowMs, {
    kind: "leak",
    severity: "warning",
    reason,
    advice: "compare heap snapshots taken hours apart",
    data,
  });
}

/** Looks for what gets worse from day to day. */
export function degrading(watched: Watched, nowMs: number): Insight | undefined {
  const { unit } = watched.subject;
  const days = watched.history.series("hours").slice(-TREND_DAYS * 24);
  if (days.length < LEAST_TREND_DAYS * 24) return undefined;
  const options = { worse: "up", level: SURE, minChange: LEAST_DEGRADATION, unit } as const;
  const found = trend(withoutSeason(days), options);
  if (found.kind !== "degradation") return undefined;
  const { reason, kind: _, ...data } = found;
  const severity = found.change >= 1 ? "warning" : "info";
  return told(watched, nowMs, { kind: "degradation", severity, reason, data });
}

/** The insight, unless the same was told lately. */
function told(watched: Watched, timeMs: number, finding: Finding): Insight | undefined {
  const rank = RANKS[finding.severity];
  const before = watched.told.get(finding.kind);
  const isRecent = before !== undefined && Math.abs(timeMs - before.timeMs) < QUIET_MS;
  if (isRecent && rank <= before.rank) return undefined;
  watched.told.set(finding.kind, { timeMs, rank });
  const { operation, attributes, signal } = watched.subject;
  const reason = `${operation}, ${signal}: ${finding.reason}`;
  return { type: "insight", operation, attributes, signal, timeMs, ...finding, reason };
}
