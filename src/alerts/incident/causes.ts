import type { Anomaly, Cause } from "../../snapshot/events.js";
import type { DependencySnapshot } from "../../snapshot/model.js";
import type { FiringAlert } from "../firing-alert.js";
import { duration, figure, plural } from "../words.js";
import type { Commonness } from "./links.js";
import type { KeptMarker } from "./markers.js";
import type { Topology } from "./topology.js";
import type { Rise } from "./trail.js";

/** What is known of an incident and of what went before it. Times are steady ms. */
export interface Evidence {
  /** When the first of its alerts began. */
  readonly onsetMs: number;
  readonly alerts: readonly FiringAlert[];
  readonly anomalies: readonly Anomaly[];
  readonly markers: readonly KeptMarker[];
  readonly rises: readonly Rise[];
  readonly dependencies: readonly DependencySnapshot[];
  readonly topology: Topology;
  readonly commonness: Commonness;
}

const MAX_CAUSES = 5;
export const MARKERS_BEFORE_MS = 900_000;
/** What was done half a minute later cannot be it; clocks and steps are no finer. */
export const MARKERS_AFTER_MS = 30_000;
/** What comes later than this after the onset is a consequence. */
const TOGETHER_MS = 15_000;
const FAILING = 0.05;

/**
 * Probable causes, the likeliest first, each with what speaks for it.
 *
 * The likelihoods are orders of merit, not probabilities: what people did comes before what ran full, that
 * before what is called, and each the more the shorter before the onset it happened.
 */
export function causesOf(evidence: Evidence): readonly Cause[] {
  const causes = [
    ...evidence.markers.map((marker) => fromMarker(marker, evidence)),
    ...fromSaturation(evidence),
    ...fromDependencies(evidence),
    ...fromTraffic(evidence),
    ...fromPattern(evidence),
    ...fromFirst(evidence),
  ];
  return Object.freeze(
    causes
      .sort((one, other) => other.likelihood - one.likelihood)
      .slice(0, MAX_CAUSES)
      .map((cause) =>
        Object.freeze({ ...cause, likelihood: Math.round(cause.likelihood * 100) / 100 }),
      ),
  );
}

const KINDS: Readonly<Record<string, number>> = { deploy: 0.9, config: 0.9, flag: 0.85 };

function fromMarker({ kind, text, atMs }: KeptMarker, evidence: Evidence): Cause {
  const leadMs = evidence.onsetMs - atMs;
  const weight = Object.hasOwn(KINDS, kind) ? (KINDS[kind] as number) : 0.7;
  return {
    what: text === "" ? kind : `${kind}: ${text}`,
    likelihood: weight * Math.exp(-Math.abs(leadMs) / MARKERS_BEFORE_MS),
    evidence: [`a ${kind} marker ${relative(leadMs)} ${symptomsOf(evidence.alerts)}`],
  };
}

/** Of one thing that can run full: when it was first seen to, and what shows it. */
interface Sight {
  atMs: number;
  readonly shown: string[];
}

function fromSaturation({ onsetMs, alerts, anomalies, rises }: Evidence): Cause[] {
  const symptoms = alerts.filter(({ signal }) => signal !== "saturation");
  if (symptoms.length === 0) return [];
  const sights = new Map<string, Sight>();
  const see = (name: string, atMs: number, shown: string): void => {
    const known = sights.get(name);
    if (known === undefined) sights.set(name, { atMs, shown: [shown] });
    else {
      known.atMs = Math.min(known.atMs, atMs);
      known.shown.push(shown);
    }
  };
  for (const { name, atMs, from, to, isShare } of rises) {
    const [before, after] = isShare
      ? [figure(from, "1"), figure(to, "1")]
      : [figure(from, ""), figure(to, "")];
    see(name, atMs, `it went from ${before} to ${after}`);
  }
  for (const { operation, signal, sinceMs, reason } of anomalies) {
    if (signal === "saturation") see(operation, sinceMs, reason);
  }
  for (const { operation, signal, beganMs, reason } of alerts) {
    if (signal === "saturation") see(operation, beganMs, reason);
  }
  return Array.from(sights, ([name, { atMs, shown }]) => {
    const leadMs = onsetMs - atMs;
    return {
      what: name,
      likelihood: lead(0.8, leadMs),
      evidence: [`${name} rose ${relative(leadMs)} ${symptomsOf(symptoms)}`, ...shown],
    };
  });
}

function fromDependencies(evidence: Evidence): Cause[] {
  const { onsetMs, alerts, anomalies, dependencies, topology } = evidence;
  const causes: Cause[] = [];
  for (const { name, kind, errors, traffic } of dependencies) {
    const isOf = (placed: FiringAlert | Anomaly) => topology.dependencyOf(placed) === name;
    const own = alerts.filter(isOf);
    const begun = [
      ...own.map(({ beganMs }) => beganMs),
      ...anomalies.filter(isOf).map(({ sinceMs }) => sinceMs),
    ];
    const others = alerts.filter((alert) => !isOf(alert));
    const isFailing = errors.ratio >= FAILING;
    if (begun.length === 0 && !isFailing) continue;
    const shown: string[] = [];
    const leadMs = begun.length === 0 ? 0 : onsetOf(others, onsetMs) - Math.min(...begun);
    if (begun.length > 0 && others.length > 0) {
      shown.push(`calls to ${name} were off ${relative(leadMs)} ${symptomsOf(others)}`);
    }
    if (isFailing) {
      const ratio = figure(errors.ratio, "1");
      shown.push(`${ratio} of ${plural(traffic.count, "call")} to it fail`);
    }
    shown.push(...own.slice(0, 2).map(({ reason }) => reason));
    const likelihood = begun.length === 0 ? 0.5 : lead(0.75, leadMs);
    causes.push({ what: `${name} (${kind})`, likelihood, evidence: shown });
  }
  return causes;
}

function fromTraffic({ onsetMs, alerts, anomalies }: Evidence): Cause[] {
  const symptoms = alerts.filter(({ signal }) => signal !== "traffic");
  if (symptoms.length === 0) return [];
  return anomalies
    .filter(({ signal }) => signal === "traffic")
    .map(({ operation, sinceMs, reason, observed, expected = 0 }) => ({
      what: `${observed >= expected ? "more" : "less"} traffic of ${operation}`,
      likelihood: lead(0.6, onsetMs - sinceMs),
      evidence: [
        `traffic of ${operation} changed ${relative(onsetMs - sinceMs)} ${symptomsOf(symptoms)}`,
        reason,
      ],
    }));
}

/** What all of them have in common and few others have. */
function fromPattern({ alerts, commonness }: Evidence): Cause[] {
  const series = new Map(alerts.map((alert) => [alert.key, alert.attributes]));
  if (series.size < 3) return [];
  const counts = new Map<string, number>();
  for (const attributes of series.values()) {
    for (const pair of commonness.telling(attributes)) {
      counts.set(pair, (counts.get(pair) ?? 0) + 1);
    }
  }
  return Array.from(counts)
    .filter(([pair, count]) => count === series.size && commonness.share(pair) < 0.5)
    .map(([pair, count]) => ({
      what: pair,
      likelihood: 0.55 * (1 - commonness.share(pair)),
      evidence: [
        `all ${count} alerts have ${pair}, and ${figure(commonness.share(pair), "1")} of all operations`,
      ],
    }));
}

function fromFirst({ alerts, onsetMs }: Evidence): Cause[] {
  const sorted = alerts.toSorted((one, other) => one.beganMs - other.beganMs);
  const [first, second] = sorted;
  if (first === undefined || second === undefined) return [];
  const aheadMs = second.beganMs - onsetMs;
  if (aheadMs < TOGETHER_MS) return [];
  return [
    {
      what: `${first.signal} of ${first.operation}`,
      likelihood: 0.35,
      evidence: [`it came ${duration(aheadMs)} before the ${plural(alerts.length - 1, "other")}`],
    },
  ];
}

/** The shorter before the onset the better; what comes after it is rather a consequence. */
function lead(weight: number, leadMs: number): number {
  if (leadMs >= 0) return weight * Math.exp(-leadMs / 300_000);
  return -leadMs <= TOGETHER_MS ? weight * 0.7 : weight * 0.3;
}

function relative(leadMs: number): string {
  if (Math.abs(leadMs) < 1000) return "together with";
  return leadMs > 0 ? `${duration(leadMs)} before` : `${duration(-leadMs)} after`;
}

function onsetOf(alerts: readonly FiringAlert[], fallbackMs: number): number {
  return alerts.length === 0 ? fallbackMs : Math.min(...alerts.map(({ beganMs }) => beganMs));
}

/** `latency of 14 operations`, `errors of POST /pay`. */
export function symptomsOf(alerts: readonly FiringAlert[]): string {
  const bySignal = new Map<string, Set<string>>();
  for (const { signal, operation } of alerts) {
    const known = bySignal.get(signal);
    if (known === undefined) bySignal.set(signal, new Set([operation]));
    else known.add(operation);
  }
  return Array.from(bySignal)
    .sort(([, one], [, other]) => other.size - one.size)
    .slice(0, 3)
    .map(([signal, operations]) => {
      const [only] = operations;
      return `${signal} of ${operations.size === 1 ? only : `${operations.size} operations`}`;
    })
    .join(" and ");
}
