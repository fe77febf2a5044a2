import type { AlertEvent, Anomaly, Incident, Insight } from "../../../src/snapshot/events.js";

const base = {
  operation: "charge",
  attributes: { tenant: "a" },
  signal: "latency",
  severity: "warning",
  timeMs: 1_700_000_000_000,
  reason: "p99 is 3 s, expected 0.2 s",
} as const;

export const alert: AlertEvent = {
  ...base,
  type: "alert",
  key: "k",
  rule: "slow charge",
  state: "firing",
  sinceMs: base.timeMs,
  labels: { team: "payments" },
  annotations: {},
};

export const anomaly: Anomaly = {
  ...base,
  type: "anomaly",
  id: "a1",
  state: "begun",
  sinceMs: base.timeMs,
  detector: "adaptive",
  score: 0.9,
  observed: 3,
  unit: "s",
  affected: 12,
  related: [],
  traceIds: [],
};

export const incident: Incident = {
  ...base,
  type: "incident",
  id: "i1",
  state: "open",
  sinceMs: base.timeMs,
  title: "charge is slow",
  members: ["k", "a1"],
  causes: [],
  affectedRatio: 0.2,
};

export const insight: Insight = { ...base, type: "insight", kind: "slow-step", data: { step: 3 } };

export const events = [alert, anomaly, incident, insight] as const;
