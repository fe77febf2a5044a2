import type {
  AttributesData,
  Exemplar,
  HistogramMetric,
  HistogramPoint,
  MetricBatch,
  MetricData,
  NumberMetric,
} from "../../snapshot/batch.js";
import { type DistributionOptions, Distributions } from "./distribution.js";
import { isIntValue, isTraced, startOf, TEMPORALITY, temporalityOf } from "./model.js";
import { ProtobufWriter } from "./protobuf-writer.js";
import { unixNanos } from "./unix-nanos.js";
import { SCOPE } from "./version.js";

/** Points written between two chances for the event loop. */
const STEP = 64;

/** Tags: field number × 8 + wire type (0 varint, 1 eight bytes, 2 with a length). */
const tag = (field: number, wire: 0 | 1 | 2): number => field * 8 + wire;

/** Points of numbers, and histograms of either form, keep their attributes at different fields. */
const ATTRIBUTES = { number: 7, explicit: 9, exponential: 1 } as const;

/**
 * An ExportMetricsServiceRequest in protobuf, written straight from the batch: no object graph between,
 * bytes of bounds and attributes reused from point to point and from batch to batch.
 *
 * The bytes are those of OpenTelemetry JS's own serializer for the same data, exemplars (which it has
 * none of) apart.
 * @see opentelemetry-proto, metrics/v1/metrics.proto
 */
export class ProtobufEncoder {
  readonly #distributions: Distributions;
  readonly #attributes = new Map<number, WeakMap<AttributesData, Uint8Array>>();
  readonly #bounds = new WeakMap<readonly number[], Uint8Array>();
  /** Bytes of the batch before: the next is about as large. */
  #capacity = 4096;

  constructor(options?: DistributionOptions) {
    this.#distributions = new Distributions(options);
  }

  /** Yields now and then, so that whoever drives it may give way; returns the whole request. */
  *encode(batch: MetricBatch): Generator<void, Uint8Array> {
    const out = new ProtobufWriter(this.#capacity);
    out.byte(tag(1, 2));
    const resourceMetrics = out.open(3);
    out.byte(tag(1, 2));
    const resource = out.open(2);
    writeAttributes(out, 1, batch.resource.attributes);
    // Attributes dropped: none, said as OpenTelemetry says it.
    out.byte(tag(2, 0));
    out.byte(0);
    out.close(resource, 2);
    out.byte(tag(2, 2));
    const scopeMetrics = out.open(3);
    out.byte(tag(1, 2));
    const scope = out.open();
    writeText(out, 1, SCOPE.name);
    writeText(out, 2, SCOPE.version);
    out.close(scope);
    for (const metric of batch.metrics) {
      if (metric.points.length > 0) yield* this.#metric(out, metric, batch);
    }
    out.close(scopeMetrics, 3);
    out.close(resourceMetrics, 3);
    this.#capacity = out.length + 1024;
    return out.finish();
  }

  *#metric(out: ProtobufWriter, metric: MetricData, batch: MetricBatch): Generator<void> {
    const times = timesOf(metric, batch);
    out.byte(tag(2, 2));
    const message = out.open(3);
    writeText(out, 1, metric.name);
    if (metric.description !== "") writeText(out, 2, metric.description);
    if (metric.unit !== "") writeText(out, 3, metric.unit);
    out.byte(tag(this.#fieldOf(metric), 2));
    const data = out.open(3);
    if (metric.kind === "histogram") yield* this.#histograms(out, metric, times);
    else yield* this.#numbers(out, metric, times);
    if (metric.kind !== "gauge") {
      out.byte(tag(2, 0));
      out.byte(TEMPORALITY[temporalityOf(metric, batch)]);
    }
    if (metric.kind === "counter") {
      out.byte(tag(3, 0));
      out.byte(1);
    }
    out.close(data, 3);
    out.close(message, 3);
  }

  #fieldOf({ kind }: MetricData): number {
    if (kind === "histogram") return this.#distributions.kind === "explicit" ? 9 : 10;
    return kind === "gauge" ? 5 : 7;
  }

  *#numbers(out: ProtobufWriter, metric: NumberMetric, times: Uint8Array): Generator<void> {
    let written = 0;
    for (const { attributes, value } of metric.points) {
      if (++written % STEP === 0) yield;
      out.byte(tag(1, 2));
      const point = out.open();
      out.raw(times);
      out.byte(tag(4, 1));
      out.double(value);
      out.raw(this.#attributesOf(attributes, ATTRIBUTES.number));
      out.close(point);
    }
  }

  *#histograms(out: ProtobufWriter, metric: HistogramMetric, times: Uint8Array): Generator<void> {
    const { kind } = this.#distributions;
    let written = 0;
    for (const point of metric.points) {
      if (++written % STEP === 0) yield;
      out.byte(tag(1, 2));
      const message = out.open(2);
      if (kind === "explicit") this.#explicit(out, metric, point, times);
      else this.#exponential(out, point, times);
      out.close(message, 2);
    }
  }

  #explicit(
    out: ProtobufWriter,
    metric: HistogramMetric,
    point: HistogramPoint,
    times: Uint8Array,
  ): void {
    const buckets = this.#distributions.explicit(metric);
    buckets.read(point);
    const { bounds, counts, sum, min, max } = buckets;
    out.raw(times);
    out.byte(tag(4, 1));
    out.fixed64(point.histogram.count);
    out.byte(tag(5, 1));
    out.double(sum);
    out.byte(tag(6, 2));
    out.varint(counts.length * 8);
    for (let i = 0; i < counts.length; i++) out.fixed64(counts[i]);
    out.raw(this.#boundsOf(bounds));
    out.raw(this.#attributesOf(point.attributes, ATTRIBUTES.explicit));
    this.#extremes(out, point, 11, min, max);
    writeExemplars(out, 8, point.exemplars);
  }

  #exponential(out: ProtobufWriter, point: HistogramPoint, times: Uint8Array): void {
    const buckets = this.#distributions.exponential;
    buckets.read(point.histogram);
    out.raw(this.#attributesOf(point.attributes, ATTRIBUTES.exponential));
    out.raw(times);
    out.byte(tag(4, 1));
    out.fixed64(point.histogram.count);
    out.byte(tag(5, 1));
    out.double(buckets.filled.sum);
    if (buckets.scale !== 0) {
      out.byte(tag(6, 0));
      out.sint32(buckets.scale);
    }
    out.byte(tag(7, 1));
    out.fixed64(buckets.zeroCount);
    out.byte(tag(8, 2));
    const positive = out.open();
    if (buckets.offset !== 0) {
      out.byte(tag(1, 0));
      out.sint32(buckets.offset);
    }
    if (buckets.length > 0) {
      out.byte(tag(2, 2));
      const counts = out.open();
      out.varints(buckets.counts, buckets.length);
      out.close(counts);
    }
    out.close(positive);
    // No value is negative, and an empty message says so.
    out.byte(tag(9, 2));
    out.byte(0);
    this.#extremes(out, point, 12, buckets.filled.min, buckets.filled.max);
    writeExemplars(out, 11, point.exemplars);
    if (buckets.zeroThreshold > 0) {
      out.byte(tag(14, 1));
      out.double(buckets.zeroThreshold);
    }
  }

  /** Smallest and largest value; there are none where there is no value. */
  #extremes(
    out: ProtobufWriter,
    { histogram }: HistogramPoint,
    field: number,
    min: number,
    max: number,
  ): void {
    if (histogram.count === 0) return;
    out.byte(tag(field, 1));
    out.double(min);
    out.byte(tag(field + 1, 1));
    out.double(max);
  }

  /** A series keeps its attributes object for life, so its bytes are made once. */
  #attributesOf(attributes: AttributesData, field: number): Uint8Array {
    let known = this.#attributes.get(field);
    if (known === undefined) {
      known = new WeakMap();
      this.#attributes.set(field, known);
    }
    let bytes = known.get(attributes);
    if (bytes === undefined) {
      const out = new ProtobufWriter(256);
      writeAttributes(out, field, attributes);
      bytes = Uint8Array.from(out.finish());
      known.set(attributes, bytes);
    }
    return bytes;
  }

  #boundsOf(bounds: readonly number[]): Uint8Array {
    let bytes = this.#bounds.get(bounds);
    if (bytes === undefined) {
      const out = new ProtobufWriter(bounds.length * 8 + 16);
      if (bounds.length > 0) {
        out.byte(tag(7, 2));
        out.varint(bounds.length * 8);
        for (const bound of bounds) out.double(bound);
      }
      bytes = Uint8Array.from(out.finish());
      this.#bounds.set(bounds, bytes);
    }
    return bytes;
  }
}

/** Start and end stand at the same fields in every point. */
function timesOf(metric: MetricData, batch: MetricBatch): Uint8Array {
  const out = new ProtobufWriter(18);
  out.byte(tag(2, 1));
  out.fixed64Of(unixNanos(startOf(metric, batch)));
  out.byte(tag(3, 1));
  out.fixed64Of(unixNanos(batch.to));
  return out.finish();
}

function writeText(out: ProtobufWriter, field: number, text: string): void {
  out.byte(tag(field, 2));
  out.text(text);
}

function writeAttributes(out: ProtobufWriter, field: number, attributes: AttributesData): void {
  for (const key of Object.keys(attributes)) {
    out.byte(tag(field, 2));
    const pair = out.open();
    writeText(out, 1, key);
    out.byte(tag(2, 2));
    const value = out.open();
    writeValue(out, attributes[key]);
    out.close(value);
    out.close(pair);
  }
}

function writeValue(out: ProtobufWriter, value: AttributesData[string]): void {
  if (typeof value === "string") writeText(out, 1, value);
  else if (typeof value === "boolean") {
    out.byte(tag(2, 0));
    out.byte(value ? 1 : 0);
  } else if (isIntValue(value)) {
    out.byte(tag(3, 0));
    out.int64(value);
  } else {
    out.byte(tag(4, 1));
    out.double(value);
  }
}

function writeExemplars(
  out: ProtobufWriter,
  field: number,
  exemplars: readonly Exemplar[] = [],
): void {
  for (const exemplar of exemplars) {
    out.byte(tag(field, 2));
    const message = out.open();
    out.byte(tag(2, 1));
    out.fixed64Of(unixNanos(exemplar.timeMs));
    out.byte(tag(3, 1));
    out.double(exemplar.value);
    if (isTraced(exemplar)) {
      writeBytes(out, 4, exemplar.spanId);
      writeBytes(out, 5, exemplar.traceId);
    }
    out.close(message);
  }
}

function writeBytes(out: ProtobufWriter, field: number, hex: string): void {
  out.byte(tag(field, 2));
  out.byte(hex.length / 2);
  out.raw(Buffer.from(hex, "hex"));
}
