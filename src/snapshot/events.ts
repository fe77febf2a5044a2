import type { AttributesData } from "./model.js";

export type Severity = "critical" | "warning" | "info";

/** Which of the golden signals something is about. */
export type Signal = "latency" | "traffic" | "errors" | "saturation";

/** What every event says. Immutable; `JSON.stringify` gives plain data. */
export interface EventBase {
  /** The operation it is about; the name of a saturation or of a series where it is about one. */
  readonly operation: string;
  readonly attributes: AttributesData;
  /** A golden signal, or the name of whatever else was watched. */
  readonly signal: Signal | (string & {});
  readonly severity: Severity;
  /** Epoch ms. */
  readonly timeMs: number;
  /** In words a person can act on. */
  readonly reason: string;
}

/** A series of the same process that moved at the same time. */
export interface RelatedSeries {
  readonly operation: string;
  readonly attributes: AttributesData;
  readonly signal: string;
  /** −1…1, over the same minutes. */
  readonly correlation: number;
}

/** Something unusual, as a detector sees it. */
export interface Anomaly extends EventBase {
  readonly type: "anomaly";
  /** Stays the same from the first sight of an anomaly to its end. */
  readonly id: string;
  readonly state: "begun" | "ongoing" | "ended";
  /** When it began; epoch ms. */
  readonly sinceMs: number;
  readonly detector: string;
  /** 0…1; anomalous from 0.5. */
  readonly score: number;
  readonly observed: number;
  readonly expected?: number;
  readonly lower?: number;
  readonly upper?: number;
  /** UCUM unit of the figures above. */
  readonly unit: string;
  /** Requests in the windows that were anomalous. */
  readonly affected: number;
  readonly related: readonly RelatedSeries[];
  readonly traceIds: readonly string[];
}

/** A change of state of an alert. */
export interface AlertEvent extends EventBase {
  readonly type: "alert";
  /** De-duplication key: the same for the same alert, whichever process tells of it. */
  readonly key: string;
  readonly rule: string;
  readonly state: "pending" | "firing" | "resolved";
  readonly sinceMs: number;
  readonly value?: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface Cause {
  readonly what: string;
  /** 0…1 */
  readonly likelihood: number;
  /** What speaks for it, in words. */
  readonly evidence: readonly string[];
}

/** Alerts and anomalies that belong together, with what probably caused them. */
export interface Incident extends EventBase {
  readonly type: "incident";
  readonly id: string;
  readonly state: "open" | "acknowledged" | "resolved";
  readonly sinceMs: number;
  readonly title: string;
  /** Keys of its alerts and ids of its anomalies. */
  readonly members: readonly string[];
  readonly causes: readonly Cause[];
  /** Share of requests affected, 0…1. */
  readonly affectedRatio: number;
}

/** Something worth knowing that nobody need be woken for. */
export interface Insight extends EventBase {
  readonly type: "insight";
  /** Which kind: `slow-step`, `unbalanced`, `convergence`, `capacity`, … */
  readonly kind: string;
  readonly advice?: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What `auspex.on(…)` listens to. */
export interface EventMap {
  readonly anomaly: Anomaly;
  readonly alert: AlertEvent;
  readonly incident: Incident;
  readonly insight: Insight;
}

export type AuspexEvent = EventMap[keyof EventMap];
