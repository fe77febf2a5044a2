import type {
  HistogramMetric,
  MetricBatch,
  MetricData,
  NumberMetric,
} from "../../snapshot/batch.js";
import type { Distributions } from "./distribution.js";
import { startOf, temporalityOf } from "./model.js";
import {
  DATA_POINT,
  descriptorOf,
  OTEL_TEMPORALITY,
  type OtelInstrument,
  type OtelMetric,
  type OtelPoint,
  type OtelResourceMetrics,
  otelResource,
} from "./otel-model.js";
import { type HrTime, hrTimeOf } from "./unix-nanos.js";
import { SCOPE } from "./version.js";

type Times = Pick<OtelPoint<unknown>, "startTime" | "endTime">;

/** OpenTelemetry's name of a kind of instrument. */
export const INSTRUMENTS: Readonly<Record<MetricData["kind"], OtelInstrument>> = {
  histogram: "HISTOGRAM",
  counter: "COUNTER",
  updown: "UP_DOWN_COUNTER",
  gauge: "GAUGE",
};

/**
 * A batch as OpenTelemetry JS's SDK would hand it to an exporter. Exemplars stay behind: its data model
 * has no place for them.
 * @param dropped - kinds of instruments that are left out
 */
export function resourceMetricsOf(
  batch: MetricBatch,
  distributions: Distributions,
  dropped: ReadonlySet<MetricData["kind"]> = new Set(),
): OtelResourceMetrics {
  const metrics = batch.metrics
    .filter(({ kind, points }) => points.length > 0 && !dropped.has(kind))
    .map((metric) => otelMetric(metric, batch, distributions));
  return {
    resource: otelResource(batch.resource.attributes),
    scopeMetrics: metrics.length === 0 ? [] : [{ scope: SCOPE, metrics }],
  };
}

function otelMetric(
  metric: MetricData,
  batch: MetricBatch,
  distributions: Distributions,
): OtelMetric {
  const startTime: HrTime = hrTimeOf(startOf(metric, batch));
  const times = { startTime, endTime: hrTimeOf(batch.to) };
  const base = {
    descriptor: descriptorOf(metric, INSTRUMENTS[metric.kind]),
    aggregationTemporality: OTEL_TEMPORALITY[temporalityOf(metric, batch)],
  };
  if (metric.kind === "histogram") {
    return distributions.kind === "explicit"
      ? { ...base, ...explicit(metric, times, distributions) }
      : { ...base, ...exponential(metric, times, distributions) };
  }
  const dataPoints = numbers(metric, times);
  if (metric.kind === "gauge") return { ...base, dataPointType: DATA_POINT.gauge, dataPoints };
  const isMonotonic = metric.kind === "counter";
  return { ...base, dataPointType: DATA_POINT.sum, isMonotonic, dataPoints };
}

function numbers({ points }: NumberMetric, times: Times): OtelPoint<number>[] {
  return points.map(({ attributes, value }) => ({ ...times, attributes, value }));
}

function explicit(metric: HistogramMetric, times: Times, distributions: Distributions) {
  const buckets = distributions.explicit(metric);
  const dataPoints = metric.points.map((point) => {
    const tally = buckets.of(point.histogram);
    const value = {
      buckets: { boundaries: [...buckets.bounds], counts: [...tally.counts] },
      ...totals(point.histogram.count, tally),
    };
    return { ...times, attributes: point.attributes, value };
  });
  return { dataPointType: DATA_POINT.histogram, dataPoints };
}

function exponential(metric: HistogramMetric, times: Times, distributions: Distributions) {
  const buckets = distributions.exponential;
  const dataPoints = metric.points.map(({ attributes, histogram }) => {
    const tally = buckets.of(histogram);
    const { scale, offset, length, counts, zeroCount } = tally;
    const value = {
      ...totals(histogram.count, tally),
      scale,
      zeroCount,
      positive: { offset, bucketCounts: [...counts.subarray(0, length)] },
      negative: { offset: 0, bucketCounts: [] },
    };
    return { ...times, attributes, value };
  });
  return { dataPointType: DATA_POINT.exponential, dataPoints };
}

/** There is no smallest and no largest of no values. */
function totals(
  count: number,
  { sum, min, max }: { readonly sum: number; readonly min: number; readonly max: number },
) {
  return count === 0 ? { count, sum } : { count, sum, min, max };
}
