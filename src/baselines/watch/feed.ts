import type { OperationSnapshot, SaturationSnapshot, Snapshot } from "../../snapshot/model.js";
import type { History } from "../history.js";
import type { Subject } from "./watched.js";
import type { WatchedSet } from "./watched-set.js";

/** Requests of which a percentile or a ratio says something. */
const LEAST_REQUESTS = 5;
/** Series between two turns. */
const TURN = 32;

/** Hands the figures of one snapshot to the series they belong to. */
export function* feed(snapshot: Snapshot, watched: WatchedSet, load: History): Generator<void> {
  const { end: nowMs } = snapshot;
  let total = 0;
  let turn = 0;
  for (const operation of snapshot.operations) {
    // What this service asks of others is no load of its own.
    if (!operation.instrument.includes(".client.")) total += operation.traffic.perSecond;
    feedOperation(operation, watched, nowMs);
    if (++turn % TURN === 0) yield;
  }
  if (snapshot.operations.length > 0) load.add(nowMs, total);
  for (const saturation of snapshot.saturation) {
    feedSaturation(saturation, watched, nowMs);
    if (++turn % TURN === 0) yield;
  }
}

function feedOperation(
  { name, attributes, instrument, latency, traffic, errors }: OperationSnapshot,
  watched: WatchedSet,
  nowMs: number,
): void {
  const of = { operation: name, attributes, instrument, limited: false } as const;
  watched
    .of({ ...of, signal: "traffic", unit: "{request}/s" }, nowMs)
    ?.observe(nowMs, traffic.perSecond);
  if (latency.count >= LEAST_REQUESTS) {
    watched.of({ ...of, signal: "latency", unit: "ms" }, nowMs)?.observe(nowMs, latency.p95);
  }
  if (traffic.count >= LEAST_REQUESTS) {
    watched.of({ ...of, signal: "errors", unit: "1" }, nowMs)?.observe(nowMs, errors.ratio);
  }
}

function feedSaturation(
  { name, attributes, unit, value, mean, max, saturation }: SaturationSnapshot,
  watched: WatchedSet,
  nowMs: number,
): void {
  const of = { operation: name, attributes, instrument: "", signal: "saturation" } as const;
  if (saturation === undefined) {
    const subject: Subject = { ...of, unit, limited: false };
    watched.of(subject, nowMs)?.observe(nowMs, mean, max);
    return;
  }
  // The share of the last sample is known; what each unit of value is of the limit follows.
  const share = value > 0 ? saturation / value : 0;
  const subject: Subject = { ...of, unit: "1", limited: true };
  const average = share > 0 ? mean * share : saturation;
  const peak = share > 0 ? max * share : saturation;
  watched.of(subject, nowMs)?.observe(nowMs, average, Math.min(1, peak));
}
