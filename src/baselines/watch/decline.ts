import { DAY_MS } from "../calendar.js";
import { withoutSeason } from "../forecast/season.js";
import { leak } from "../trend/leak.js";
import { trend } from "../trend/trend.js";
import type { Finding } from "./telling.js";
import type { Watched } from "./watched.js";

/** Trends take whole days, and leaks a day at least, for the load of a day comes and goes. */
const HOURS = 7 * 24;
const LEAST_HOURS = 3 * 24;
const LEAST_DEGRADATION = 0.25;
/** Each series is asked every hour, so that one in a hundred would be many. */
const SURE = 0.999;
/** What a program can fail to give back. */
const LEAKABLE = /memory|heap|descriptor|thread|resource\.active/i;

/** Looks for what grows and gives nothing back. */
export function leaking({ subject, history }: Watched): Finding | undefined {
  const { operation, unit, limited } = subject;
  if (!LEAKABLE.test(operation)) return undefined;
  const floors = history.series("hours", "min").slice(-HOURS);
  const limit = limited ? { limit: 1 } : {};
  const { leaking, reason, ...data } = leak(floors, { minSpanMs: DAY_MS, unit, ...limit });
  if (!leaking) return undefined;
  const advice =
    "compare what is held now with what was held hours ago: heap snapshots, open handles";
  return { kind: "leak", severity: "warning", reason, advice, data };
}

/** Looks for what gets worse from day to day. */
export function degrading({ subject, history }: Watched): Finding | undefined {
  const hours = history.series("hours").slice(-HOURS);
  if (hours.length < LEAST_HOURS) return undefined;
  const options = { level: SURE, minChange: LEAST_DEGRADATION, unit: subject.unit } as const;
  const { kind, reason, ...data } = trend(withoutSeason(hours), { worse: "up", ...options });
  if (kind !== "degradation") return undefined;
  const severity = data.change >= 1 ? "warning" : "info";
  return { kind, severity, reason, data, quietMs: 3 * DAY_MS };
}
