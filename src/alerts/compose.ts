import type { Incident } from "../snapshot/events.js";
import { type Case, isStanding } from "./case.js";
import type { FlapState } from "./flap.js";
import type { Decision } from "./group.js";
import type { Notice, NoticeAlert, NoticeIncident, NoticeLink } from "./notice.js";
import { bySeverity, worstOf } from "./severity.js";
import { duration, figure, plural } from "./words.js";

const MAX_ALERTS = 50;
const MAX_LINKS = 10;
/** Lines about alerts in the text. */
const SHOWN = 10;
const MAX_URL = 2000;

/** What a notice is written for. */
export interface Occasion {
  readonly service: string;
  readonly nowMs: number;
  /** Epoch ms. */
  readonly timeMs: number;
  readonly shown: (steadyMs: number) => number;
  /** The incident that most of the alerts are of, as it is said now or was said last. */
  readonly incident: Incident | undefined;
}

/** Puts a decision into words. */
export function compose(decision: Decision, occasion: Occasion): Notice {
  const { group, cause, firing, ended, dedupKey } = decision;
  const { service, timeMs } = occasion;
  const cases = [...firing.toSorted(byWorst), ...ended.toSorted(byWorst)];
  const alerts = cases.slice(0, MAX_ALERTS).map((one) => alertOf(one, occasion));
  const isOver = cause === "resolved";
  const severity = worstOf((isOver ? ended : firing).map(({ alert }) => alert.severity));
  const incident = incidentOf(occasion.incident);
  return Object.freeze({
    key: group.key,
    dedupKey,
    status: isOver ? "resolved" : "firing",
    cause,
    severity: ended.length + firing.length === 0 ? group.severity : severity,
    service,
    group: Object.freeze({ ...group.labels }),
    title: titleOf(decision, incident, service),
    text: textOf(cases, incident, occasion),
    timeMs,
    alerts: Object.freeze(alerts),
    omitted: cases.length - alerts.length,
    ...(incident !== undefined && { incident }),
    links: Object.freeze(linksOf(alerts)),
    escalation: group.level + (cause === "escalation" ? 1 : 0),
  });
}

function alertOf(one: Case, { nowMs, shown }: Occasion): NoticeAlert {
  const { alert, flap, acknowledged, endedMs } = one;
  const { key, rule, severity, operation, signal, labels, annotations, unit, reason } = alert;
  const isFiring = isStanding(one);
  return Object.freeze({
    ...{ key, rule, severity, operation, signal, labels, annotations, unit, reason },
    status: isFiring ? "firing" : "resolved",
    ...(alert.value !== undefined && { value: alert.value }),
    ...(alert.threshold !== undefined && { threshold: alert.threshold }),
    startsAtMs: shown(one.firedMs),
    ...(!isFiring && { endsAtMs: shown(endedMs ?? one.closedMs ?? nowMs) }),
    ...(flap.isFlapping && { flapping: flappingText(flap, nowMs) }),
    ...(acknowledged !== undefined && { acknowledgedBy: acknowledged.by }),
  });
}

export function flappingText({ firings, sinceMs }: FlapState, nowMs: number): string {
  return `fired ${firings} times in ${duration(Math.max(1000, nowMs - sinceMs))}`;
}

function incidentOf(incident: Incident | undefined): NoticeIncident | undefined {
  if (incident === undefined) return undefined;
  const { id, title, sinceMs, causes, affectedRatio } = incident;
  return Object.freeze({ id, title, sinceMs, causes, affectedRatio });
}

function titleOf(
  { cause, firing, ended, group }: Decision,
  incident: NoticeIncident | undefined,
  service: string,
): string {
  const cases = cause === "resolved" ? ended : firing;
  const [worst] = cases.toSorted(byWorst);
  const what =
    cases.length === 1
      ? worst?.alert.reason
      : (incident?.title ?? `${plural(cases.length, "alert")}, the worst: ${worst?.alert.reason}`);
  const lead = {
    new: "",
    worse: "worse: ",
    more: "more: ",
    repeat: "still: ",
    escalation: "nobody has acknowledged: ",
    resolved: "over: ",
  }[cause];
  return `${service}: ${lead}${what ?? Object.values(group.labels).join(" ")}`;
}

function textOf(
  cases: readonly Case[],
  incident: NoticeIncident | undefined,
  { nowMs }: Occasion,
): string {
  const lines = cases.slice(0, SHOWN).map((one) => {
    const { alert, flap } = one;
    const state = isStanding(one) ? alert.severity : "resolved";
    const often = flap.isFlapping ? ` (${flappingText(flap, nowMs)})` : "";
    return `${state}: ${alert.reason}${often}`;
  });
  if (cases.length > SHOWN) lines.push(`… and ${cases.length - SHOWN} more`);
  if (incident !== undefined) {
    if (incident.affectedRatio > 0) {
      lines.push(`${figure(incident.affectedRatio, "1")} of requests affected`);
    }
    for (const { what, evidence } of incident.causes.slice(0, 3)) {
      lines.push(`probable cause: ${what} (${evidence.join("; ")})`);
    }
  }
  return lines.join("\n");
}

function linksOf(alerts: readonly NoticeAlert[]): NoticeLink[] {
  const links = new Map<string, NoticeLink>();
  for (const { annotations } of alerts) {
    for (const [name, url] of Object.entries(annotations)) {
      if (links.size >= MAX_LINKS) return [...links.values()];
      if (!name.endsWith("_url") || url.length > MAX_URL || !/^https?:\/\/[^\s]+$/i.test(url)) {
        continue;
      }
      links.set(url, Object.freeze({ title: name.slice(0, -4), url }));
    }
  }
  return [...links.values()];
}

function byWorst(one: Case, other: Case): number {
  return bySeverity(one.alert, other.alert) || one.firedMs - other.firedMs;
}
