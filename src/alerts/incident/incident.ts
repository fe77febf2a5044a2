import type { Cause, Incident, Severity } from "../../snapshot/events.js";
import type { Acknowledgement, Case, Comment } from "../case.js";
import { bySeverity, worstOf } from "../severity.js";
import { figure, plural } from "../words.js";
import { symptomsOf } from "./causes.js";

/** An incident at work. Times are steady ms. */
export interface OpenIncident {
  readonly id: string;
  /** Keys of its alerts, those that are over as well. */
  readonly alerts: Set<string>;
  /** Ids of its anomalies. */
  readonly anomalies: Set<string>;
  /** When the first and the last of its alerts began. */
  firstMs: number;
  lastMs: number;
  /** Since when none of its alerts fires. */
  calmMs: number | undefined;
  severity: Severity;
  title: string;
  reason: string;
  causes: readonly Cause[];
  affectedRatio: number;
  operation: string;
  signal: string;
  attributes: Incident["attributes"];
  acknowledged: Acknowledgement | undefined;
  comments: readonly Comment[];
  state: Incident["state"];
  /** What was said last: the event is said again when it would be another one. */
  said: string;
}

/** What its alerts say of it now. Keeps what was said of those that are over. */
export function describe(incident: OpenIncident, cases: readonly Case[]): void {
  const firing = cases.filter(({ isFiring }) => isFiring);
  if (firing.length === 0) return;
  const alerts = firing.map(({ alert }) => alert).toSorted(bySeverity);
  const [worst] = alerts;
  if (worst === undefined) return;
  incident.severity = worstOf([incident.severity, worst.severity]);
  incident.operation = worst.operation;
  incident.signal = worst.signal;
  incident.attributes = worst.attributes;
  const series = new Set(alerts.map((alert) => `${alert.signal} ${alert.series}`));
  incident.title = series.size === 1 ? worst.reason : symptomsOf(alerts);
  incident.affectedRatio = affectedRatio(firing);
  const [cause] = incident.causes;
  const because = cause === undefined ? "" : `; probably ${cause.what}: ${cause.evidence[0]}`;
  const share = incident.affectedRatio;
  const affected = share > 0 ? `; ${figure(share, "1")} of requests affected` : "";
  incident.reason = `${plural(alerts.length, "alert")}: ${worst.reason}${affected}${because}`;
}

/**
 * Share of the requests to the service that are slow or fail; where only outgoing calls are affected, of
 * those. An operation counts once a signal, however many rules it breaks.
 */
export function affectedRatio(cases: readonly Pick<Case, "alert">[]): number {
  const affected = cases.flatMap(({ alert }) =>
    alert.affected === undefined ? [] : [{ alert, affected: alert.affected }],
  );
  const entry = affected.filter(({ affected: { outgoing } }) => !outgoing);
  const chosen = entry.length > 0 ? entry : affected;
  const worst = new Map<string, number>();
  let of = 0;
  for (const { alert, affected: each } of chosen) {
    const key = `${alert.signal} ${alert.series}`;
    worst.set(key, Math.max(worst.get(key) ?? 0, each.count));
    of = Math.max(of, each.of);
  }
  let count = 0;
  for (const each of worst.values()) count += each;
  return of === 0 ? 0 : Math.min(1, count / of);
}

/** What `on("incident")` hears, and `incidents()` shows. */
export function incidentEvent(
  incident: OpenIncident,
  timeMs: number,
  shown: (steadyMs: number) => number,
): Incident {
  const { id, state, title, severity, operation, signal, attributes, reason } = incident;
  return Object.freeze({
    type: "incident",
    ...{ id, state, title, severity, operation, signal, attributes, reason, timeMs },
    sinceMs: shown(incident.firstMs),
    members: Object.freeze([...incident.alerts, ...incident.anomalies]),
    causes: incident.causes,
    affectedRatio: Math.round(incident.affectedRatio * 10_000) / 10_000,
  });
}

/** None, some, a good part, most: while a window fills the share grows with every step. */
const SHARES = [0.5, 0.1, Number.MIN_VALUE, 0];

/** Changes with whatever is worth saying again; not with every figure. */
export function sayingOf(incident: OpenIncident): string {
  const { state, severity, alerts, causes, affectedRatio: share } = incident;
  const causal = causes.map(({ what }) => what);
  const many = SHARES.findIndex((least) => share >= least);
  return JSON.stringify([state, severity, alerts.size, causal, many]);
}
