import type {
  HistogramMetric,
  HistogramPoint,
  MetricBatch,
  MetricData,
  NumberMetric,
} from "../../snapshot/batch.js";
import { type DistributionOptions, Distributions } from "./distribution.js";
import { ExplicitPoints } from "./explicit-points.js";
import { startOf, TEMPORALITY, temporalityOf } from "./model.js";
import {
  Pieces,
  tag,
  writeAttributes,
  writeExemplars,
  writeExtremes,
  writeText,
} from "./protobuf-pieces.js";
import { ProtobufWriter } from "./protobuf-writer.js";
import { unixNanos } from "./unix-nanos.js";
import { SCOPE } from "./version.js";

/** Points written between two chances for the event loop. */
const STEP = 64;

/** Points of numbers and exponential histograms keep their attributes at different fields. */
const ATTRIBUTES = { number: 7, exponential: 1 } as const;

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
  readonly #pieces = new Pieces();
  /** By metric. Whoever writes one takes it out meanwhile: another batch may be under way. */
  readonly #explicit = new Map<string, ExplicitPoints>();
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
    if (metric.kind !== "histogram") yield* this.#numbers(out, metric, times);
    else if (this.#distributions.kind === "explicit") yield* this.#explicits(out, metric, times);
    else yield* this.#exponentials(out, metric, times);
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
      out.raw(this.#pieces.attributes(attributes, ATTRIBUTES.number));
      out.close(point);
    }
  }

  *#explicits(out: ProtobufWriter, metric: HistogramMetric, times: Uint8Array): Generator<void> {
    const buckets = this.#distributions.explicit(metric);
    const points = this.#explicit.get(metric.name) ?? new ExplicitPoints(this.#pieces);
    this.#explicit.delete(metric.name);
    points.begin(buckets.bounds, times);
    let written = 0;
    for (const point of metric.points) {
      if (++written % STEP === 0) yield;
      points.put(point, buckets.of(point.histogram));
    }
    out.raw(points.finish());
    this.#explicit.set(metric.name, points);
  }

  *#exponentials(out: ProtobufWriter, metric: HistogramMetric, times: Uint8Array): Generator<void> {
    let written = 0;
    for (const point of metric.points) {
      if (++written % STEP === 0) yield;
      out.byte(tag(1, 2));
      const message = out.open(2);
      this.#exponential(out, point, times);
      out.close(message, 2);
    }
  }

  #exponential(out: ProtobufWriter, point: HistogramPoint, times: Uint8Array): void {
    const buckets = this.#distributions.exponential.of(point.histogram);
    out.raw(this.#pieces.attributes(point.attributes, ATTRIBUTES.exponential));
    out.raw(times);
    out.byte(tag(4, 1));
    out.fixed64(point.histogram.count);
    out.byte(tag(5, 1));
    out.double(buckets.sum);
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
    if (buckets.count > 0) writeExtremes(out, 12, buckets);
    writeExemplars(out, 11, point.exemplars);
    if (buckets.zeroThreshold > 0) {
      out.byte(tag(14, 1));
      out.double(buckets.zeroThreshold);
    }
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
