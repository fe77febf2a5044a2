import type { PullSource } from "../../readers/pull.js";
import type {
  HistogramPoint,
  MetricBatch,
  MetricData,
  NumberPoint,
  PointOutcome,
  PointSignals,
} from "../../snapshot/batch.js";
import type { Exemplar } from "../../snapshot/model.js";
import type { Clock } from "../../time/clock.js";
import { type Packed, Packer } from "./packer.js";
import { attributesOf, finite, list, malformed, record, text, Unpacker } from "./unpacker.js";

/** Whose totals are written. */
export interface BatchStreams extends Pick<PullSource, "resource" | "incarnation" | "streams"> {
  readonly clock: Pick<Clock, "wall">;
}

/**
 * Writes everything counted since the start for another thread or process, series by series, so that
 * it may be done in slices: what is read later is simply newer.
 */
export function* packBatch(source: BatchStreams): Generator<void, Packed> {
  const packer = new Packer();
  const { incarnation, clock, resource } = source;
  const metrics: string[] = [];
  for (const { metric, points } of source.streams()) {
    const { name, kind, unit, description } = metric;
    const texts: string[] = [];
    for (const point of points) {
      if ("histogram" in point) texts.push(histogramText(packer, point));
      else if (Number.isFinite(point.value)) texts.push(numberText(packer, point));
      yield;
    }
    metrics.push(`[${JSON.stringify([name, kind, unit, description])},[${texts.join(",")}]]`);
  }
  return packer.finish([
    `"of":${JSON.stringify([incarnation.id, incarnation.startTimeMs, clock.wall()])}`,
    `"resource":${packer.attributes(resource.attributes)}`,
    `"metrics":[${metrics.join(",")}]`,
  ]);
}

function histogramText(packer: Packer, point: HistogramPoint): string {
  const { attributes, histogram, startTimeMs = 0, exemplars = [], signals } = point;
  const traced = exemplars.length === 0 ? "0" : JSON.stringify(exemplars);
  const of = signalsText(packer, signals);
  return `[${packer.attributes(attributes)},${packer.histogram(histogram)},${startTimeMs},${of},${traced}]`;
}

function numberText(packer: Packer, point: NumberPoint): string {
  const { attributes, value, startTimeMs = 0, signals, saturation } = point;
  // JSON writes NaN, a saturation without a limit, as null.
  const full = saturation === undefined ? "0" : JSON.stringify([saturation]);
  return `[${packer.attributes(attributes)},${value},${startTimeMs},${signalsText(packer, signals)},${full}]`;
}

function signalsText(packer: Packer, signals: PointSignals | PointOutcome | undefined): string {
  if (signals === undefined) return "0";
  const { instrument, name, attributes } = signals;
  const { outcome = "", type = "" } = signals as Partial<PointOutcome>;
  const texts = JSON.stringify([instrument, name, outcome, type]);
  return `[${packer.attributes(attributes)},${texts}]`;
}

const KINDS: readonly unknown[] = ["histogram", "counter", "updown", "gauge"];
const OUTCOMES: readonly unknown[] = ["ok", "error", "aborted"];

/** Reads what `packBatch` wrote, point by point. @throws WireFault when it is anything else */
export function* unpackBatch(packed: Packed): Generator<void, MetricBatch> {
  const unpacker = new Unpacker(packed);
  const { head } = unpacker;
  const [id, startTimeMs, to] = list(head.of, "of");
  const from = finite(startTimeMs, "start");
  const metrics: MetricData[] = [];
  for (const metric of list(head.metrics, "metrics")) {
    metrics.push(yield* readMetric(unpacker, metric));
  }
  return Object.freeze({
    resource: { attributes: attributesOf(head.resource) },
    incarnation: { id: text(id, "id"), startTimeMs: from },
    temporality: "cumulative",
    from,
    to: finite(to, "end"),
    metrics,
  });
}

function* readMetric(unpacker: Unpacker, given: unknown): Generator<void, MetricData> {
  const [of, fields] = list(given, "metric");
  const [name, kind, unit, description] = list(of, "metric").map((each) => text(each, "metric"));
  if (!KINDS.includes(kind)) throw malformed("a metric has no kind");
  const read = kind === "histogram" ? readHistogram : readNumber;
  const points: (HistogramPoint | NumberPoint)[] = [];
  for (const point of list(fields, "points")) {
    points.push(read(unpacker, list(point, "point")));
    yield;
  }
  return { name, kind, unit, description, points } as MetricData;
}

function readHistogram(unpacker: Unpacker, fields: readonly unknown[]): HistogramPoint {
  const [attributes, values, start, signals, traced] = fields;
  const histogram = unpacker.histogram(values);
  return {
    attributes: attributesOf(attributes),
    histogram,
    ...readStart(start),
    ...(signals === 0 ? {} : { signals: readOutcome(signals) }),
    ...(traced === 0 ? {} : { exemplars: list(traced, "exemplars").map(readExemplar) }),
  };
}

function readNumber(_: Unpacker, fields: readonly unknown[]): NumberPoint {
  const [attributes, value, start, signals, full] = fields;
  return {
    attributes: attributesOf(attributes),
    value: finite(value, "value"),
    ...readStart(start),
    ...(signals === 0 ? {} : { signals: readSignals(signals) }),
    ...(full === 0 ? {} : { saturation: readSaturation(full) }),
  };
}

function readStart(given: unknown): { readonly startTimeMs?: number } {
  return given === 0 ? {} : { startTimeMs: finite(given, "start") };
}

function readSaturation(given: unknown): number {
  const [saturation] = list(given, "saturation");
  return saturation === null ? Number.NaN : finite(saturation, "saturation");
}

function readSignals(given: unknown): PointSignals {
  const [attributes, texts] = list(given, "signals");
  const [instrument, name] = list(texts, "signals");
  return {
    instrument: text(instrument, "instrument"),
    name: text(name, "name"),
    attributes: attributesOf(attributes),
  };
}

function readOutcome(given: unknown): PointOutcome {
  const [, , outcome, type] = list(list(given, "signals")[1], "signals");
  if (!OUTCOMES.includes(outcome)) throw malformed("a point has no outcome");
  return {
    ...readSignals(given),
    outcome: outcome as PointOutcome["outcome"],
    type: text(type, "error type"),
  };
}

function readExemplar(given: unknown): Exemplar {
  const { value, timeMs, traceId, spanId } = record(given, "exemplar");
  return {
    value: finite(value, "value"),
    timeMs: finite(timeMs, "time"),
    traceId: text(traceId, "trace"),
    spanId: text(spanId, "span"),
  };
}
