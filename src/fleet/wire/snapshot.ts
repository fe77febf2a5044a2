import { Latency } from "../../snapshot/latency.js";
import type {
  AttributesData,
  CounterSnapshot,
  GaugeSnapshot,
  HistogramSnapshot,
  OperationExemplar,
  OperationSnapshot,
  SaturationSnapshot,
} from "../../snapshot/model.js";
import { closed, histogramSnapshot } from "../figures.js";
import type { FleetPart } from "../model.js";
import { type Packed, Packer } from "./packer.js";
import { readSelf } from "./self.js";
import {
  attributesOf,
  finite,
  list,
  malformed,
  record,
  text,
  Unpacker,
  whole,
} from "./unpacker.js";

/** Writes a snapshot for another thread or process. About 1 µs an operation. */
export function packSnapshot(snapshot: FleetPart["snapshot"]): Packed {
  const packer = new Packer();
  const { service, window, start, end, self } = snapshot;
  const named = ({ name, attributes }: { name: string; attributes: AttributesData }): string =>
    `[${JSON.stringify(name)},${packer.attributes(attributes)}`;
  const operations = snapshot.operations.map((each) => {
    const { latency, errors, traffic, aborted, inFlight, exemplars, instrument } = each;
    const byType = errors.count === 0 ? "0" : JSON.stringify(errors.byType);
    const traced = exemplars.length === 0 ? "0" : JSON.stringify(exemplars);
    const ok = packer.histogram(closed(latency.histogram));
    const failed = packer.histogram(closed(errors.latency.histogram));
    const how = `${ok},${failed},${aborted.count},${traffic.perSecond},${inFlight}`;
    return `${named(each)},${JSON.stringify(instrument)},${how},${byType},${traced}]`;
  });
  const saturation = snapshot.saturation.map((each) => {
    const { unit, value, mean, max, saturation } = each;
    return `${named(each)},${JSON.stringify([unit, value, mean, max, saturation ?? null])}]`;
  });
  const counters = snapshot.counters.map((each) => {
    return `${named(each)},${JSON.stringify([each.unit, each.count, each.perSecond])}]`;
  });
  const gauges = snapshot.gauges.map((each) => {
    const { unit, value, mean, min, max } = each;
    return `${named(each)},${JSON.stringify([unit, value, mean, min, max])}]`;
  });
  const histograms = snapshot.histograms.map((each) => {
    const values = packer.histogram(closed(each.histogram));
    return `${named(each)},${values},${JSON.stringify([each.unit, each.perSecond])}]`;
  });
  return packer.finish([
    `"of":${JSON.stringify([service, window, start, end])}`,
    `"self":${JSON.stringify(self)}`,
    `"operations":[${operations.join(",")}]`,
    `"saturation":[${saturation.join(",")}]`,
    `"counters":[${counters.join(",")}]`,
    `"gauges":[${gauges.join(",")}]`,
    `"histograms":[${histograms.join(",")}]`,
  ]);
}

/** Reads what `packSnapshot` wrote, entry by entry. @throws WireFault when it is anything else */
export function* unpackSnapshot(packed: Packed): Generator<void, FleetPart["snapshot"]> {
  const unpacker = new Unpacker(packed);
  const { head } = unpacker;
  const [service, window, start, end] = list(head.of, "of");
  return Object.freeze({
    service: text(service, "service"),
    window: text(window, "window"),
    start: finite(start, "start"),
    end: finite(end, "end"),
    // Histograms lie in this order.
    operations: yield* each(head, "operations", (fields) => readOperation(unpacker, fields)),
    saturation: yield* each(head, "saturation", readSaturation),
    counters: yield* each(head, "counters", readCounter),
    gauges: yield* each(head, "gauges", readGauge),
    histograms: yield* each(head, "histograms", (fields) => readHistogram(unpacker, fields)),
    self: readSelf(record(head.self, "self")),
  });
}

function* each<T>(
  head: Unpacker["head"],
  name: string,
  read: (fields: readonly unknown[]) => T,
): Generator<void, readonly T[]> {
  const all: T[] = [];
  for (const fields of list(head[name], name)) {
    all.push(read(list(fields, name)));
    yield;
  }
  return Object.freeze(all);
}

function readSaturation(fields: readonly unknown[]): SaturationSnapshot {
  const [unit, value, mean, max, saturation] = list(fields[2], "saturation");
  return Object.freeze({
    ...readName(fields),
    unit: text(unit, "unit"),
    value: finite(value, "value"),
    mean: finite(mean, "mean"),
    max: finite(max, "max"),
    ...(saturation === null ? {} : { saturation: finite(saturation, "saturation") }),
  });
}

function readCounter(fields: readonly unknown[]): CounterSnapshot {
  const [unit, count, perSecond] = list(fields[2], "counter");
  return Object.freeze({
    ...readName(fields),
    unit: text(unit, "unit"),
    count: finite(count, "count"),
    perSecond: finite(perSecond, "rate"),
  });
}

function readGauge(fields: readonly unknown[]): GaugeSnapshot {
  const [unit, value, mean, min, max] = list(fields[2], "gauge");
  return Object.freeze({
    ...readName(fields),
    unit: text(unit, "unit"),
    value: finite(value, "value"),
    mean: finite(mean, "mean"),
    min: finite(min, "min"),
    max: finite(max, "max"),
  });
}

function readName(fields: readonly unknown[]): Pick<OperationSnapshot, "name" | "attributes"> {
  return { name: text(fields[0], "name"), attributes: attributesOf(fields[1]) };
}

function readOperation(unpacker: Unpacker, fields: readonly unknown[]): OperationSnapshot {
  const [name, attributes, instrument, ok, failures, gone, perSecond, inFlight, types, traced] =
    fields;
  const latency = new Latency(unpacker.histogram(ok));
  const failed = new Latency(unpacker.histogram(failures));
  const aborted = whole(gone, "aborted");
  const count = latency.count + failed.count + aborted;
  return Object.freeze({
    name: text(name, "name"),
    attributes: attributesOf(attributes),
    instrument: text(instrument, "instrument"),
    latency,
    traffic: Object.freeze({ count, perSecond: finite(perSecond, "rate") }),
    errors: Object.freeze({
      count: failed.count,
      ratio: count === 0 ? 0 : failed.count / count,
      byType: readCounts(types),
      latency: failed,
    }),
    aborted: Object.freeze({ count: aborted }),
    inFlight: whole(inFlight, "in flight"),
    exemplars:
      traced === 0 ? NO_EXEMPLARS : Object.freeze(list(traced, "exemplars").map(readExemplar)),
  });
}

const NO_EXEMPLARS: readonly OperationExemplar[] = Object.freeze([]);
const NO_COUNTS: Readonly<Record<string, number>> = Object.freeze({});

function readHistogram(unpacker: Unpacker, fields: readonly unknown[]): HistogramSnapshot {
  const [unit, perSecond] = list(fields[3], "histogram");
  const figures = new Latency(unpacker.histogram(fields[2]));
  return histogramSnapshot(
    { ...readName(fields), unit: text(unit, "unit"), perSecond: finite(perSecond, "rate") },
    figures,
  );
}

function readCounts(given: unknown): Readonly<Record<string, number>> {
  if (given === 0) return NO_COUNTS;
  const counts = Object.entries(record(given, "types")).map(
    ([type, count]) => [type, whole(count, "count")] as const,
  );
  return Object.freeze(Object.fromEntries(counts));
}

const OUTCOMES: readonly unknown[] = ["ok", "error", "aborted"];

function readExemplar(given: unknown): OperationExemplar {
  const { value, timeMs, traceId, spanId, outcome } = record(given, "exemplar");
  if (!OUTCOMES.includes(outcome)) throw malformed("an exemplar has no outcome");
  return Object.freeze({
    value: finite(value, "value"),
    timeMs: finite(timeMs, "time"),
    traceId: text(traceId, "trace"),
    spanId: text(spanId, "span"),
    outcome: outcome as OperationExemplar["outcome"],
  });
}
