import type {
  AttributesData,
  Exemplar,
  HistogramMetric,
  HistogramPoint,
  MetricBatch,
  MetricData,
  NumberMetric,
  NumberPoint,
} from "../../snapshot/batch.js";
import { type DistributionOptions, Distributions } from "./distribution.js";
import { isIntValue, isTraced, startOf, TEMPORALITY, temporalityOf } from "./model.js";
import { unixNanos } from "./unix-nanos.js";
import { SCOPE } from "./version.js";

/** Points written between two chances for the event loop. */
const STEP = 64;

/** Times that every point of a metric has. */
interface Times {
  readonly startTimeUnixNano: string;
  readonly timeUnixNano: string;
}

/**
 * An ExportMetricsServiceRequest in OTLP's JSON: lowerCamelCase, 64-bit integers as decimal text, ids in
 * hexadecimal, enumerations as numbers.
 * @see OTLP specification, JSON Protobuf Encoding
 */
export class JsonEncoder {
  readonly #distributions: Distributions;

  constructor(options?: DistributionOptions) {
    this.#distributions = new Distributions(options);
  }

  /** Yields now and then, so that whoever drives it may give way; returns the whole request. */
  *encode(batch: MetricBatch): Generator<void, Uint8Array> {
    const resource = JSON.stringify({ attributes: attributesOf(batch.resource.attributes) });
    const parts = [
      `{"resourceMetrics":[{"resource":${resource},"scopeMetrics":[{"scope":${JSON.stringify(SCOPE)},"metrics":[`,
    ];
    let comma = "";
    for (const metric of batch.metrics) {
      if (metric.points.length === 0) continue;
      parts.push(comma);
      yield* this.#metric(parts, metric, batch);
      comma = ",";
    }
    parts.push("]}]}]}");
    return Buffer.from(parts.join(""));
  }

  *#metric(parts: string[], metric: MetricData, batch: MetricBatch): Generator<void> {
    const { name, description, unit } = metric;
    const times = {
      startTimeUnixNano: unixNanos(startOf(metric, batch)),
      timeUnixNano: unixNanos(batch.to),
    };
    // The object is left open for its points, which come one by one.
    const head = JSON.stringify({ name, description, unit }).slice(0, -1);
    parts.push(`${head},"${this.#fieldOf(metric)}":{"dataPoints":[`);
    let written = 0;
    for (const point of this.#points(metric, times)) {
      if (++written % STEP === 0) yield;
      if (written > 1) parts.push(",");
      parts.push(JSON.stringify(point));
    }
    parts.push("]");
    if (metric.kind !== "gauge") {
      parts.push(`,"aggregationTemporality":${TEMPORALITY[temporalityOf(metric, batch)]}`);
    }
    if (metric.kind === "counter") parts.push(',"isMonotonic":true');
    parts.push("}}");
  }

  #fieldOf({ kind }: MetricData): string {
    if (kind !== "histogram") return kind === "gauge" ? "gauge" : "sum";
    return this.#distributions.kind === "explicit" ? "histogram" : "exponentialHistogram";
  }

  *#points(metric: MetricData, times: Times): Generator<object> {
    if (metric.kind !== "histogram") {
      for (const point of (metric as NumberMetric).points) yield numberPoint(point, times);
      return;
    }
    const isExplicit = this.#distributions.kind === "explicit";
    for (const point of metric.points) {
      yield isExplicit ? this.#explicit(metric, point, times) : this.#exponential(point, times);
    }
  }

  #explicit(metric: HistogramMetric, point: HistogramPoint, times: Times): object {
    const buckets = this.#distributions.explicit(metric);
    const tally = buckets.of(point.histogram);
    return {
      ...shared(point, times, tally),
      bucketCounts: Array.from(tally.counts, String),
      explicitBounds: buckets.bounds,
    };
  }

  #exponential(point: HistogramPoint, times: Times): object {
    const tally = this.#distributions.exponential.of(point.histogram);
    const { scale, offset, length, counts, zeroCount, zeroThreshold } = tally;
    return {
      ...shared(point, times, tally),
      scale,
      zeroCount: String(zeroCount),
      positive: { offset, bucketCounts: Array.from(counts.subarray(0, length), String) },
      negative: {},
      ...(zeroThreshold > 0 ? { zeroThreshold } : {}),
    };
  }
}

function numberPoint({ attributes, value }: NumberPoint, times: Times): object {
  return { attributes: attributesOf(attributes), ...times, asDouble: double(value) };
}

/** What both forms of histograms have. */
function shared(
  { attributes, histogram, exemplars }: HistogramPoint,
  times: Times,
  { sum, min, max }: { readonly sum: number; readonly min: number; readonly max: number },
): object {
  return {
    attributes: attributesOf(attributes),
    ...times,
    count: String(histogram.count),
    sum,
    ...(histogram.count === 0 ? {} : { min, max }),
    ...(exemplars === undefined ? {} : { exemplars: exemplars.map(exemplarOf) }),
  };
}

function exemplarOf(exemplar: Exemplar): object {
  const { value, timeMs, traceId, spanId } = exemplar;
  return {
    timeUnixNano: unixNanos(timeMs),
    asDouble: double(value),
    ...(isTraced(exemplar) ? { traceId: traceId.toLowerCase(), spanId: spanId.toLowerCase() } : {}),
  };
}

function attributesOf(attributes: AttributesData): object[] {
  return Object.keys(attributes).map((key) => ({ key, value: anyValueOf(attributes[key]) }));
}

function anyValueOf(value: AttributesData[string]): object {
  if (typeof value === "string") return { stringValue: value };
  if (typeof value === "boolean") return { boolValue: value };
  return isIntValue(value) ? { intValue: String(BigInt(value)) } : { doubleValue: double(value) };
}

/** Protobuf's JSON has words for what JSON has no numbers for. */
function double(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}
