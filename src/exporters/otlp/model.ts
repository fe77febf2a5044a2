import type { Exemplar, MetricBatch, MetricData, Temporality } from "../../snapshot/batch.js";

/** AggregationTemporality of opentelemetry-proto. */
export const TEMPORALITY: Readonly<Record<Temporality, 1 | 2>> = { delta: 1, cumulative: 2 };

/** What goes up and down is a level: in a delta batch, too, its points are absolute. */
export function temporalityOf({ kind }: MetricData, batch: MetricBatch): Temporality {
  return kind === "updown" ? "cumulative" : batch.temporality;
}

/** Since when the values of a metric count, epoch ms. */
export function startOf(metric: MetricData, batch: MetricBatch): number {
  return temporalityOf(metric, batch) === "delta" ? batch.from : batch.incarnation.startTimeMs;
}

/** Attributes that are whole numbers are integers on the wire, others doubles. */
export function isIntValue(value: number): boolean {
  return Number.isInteger(value) && value >= -(2 ** 63) && value < 2 ** 63;
}

/** Ids that a backend can look up; an exemplar without is a value alone. */
export function isTraced({ traceId, spanId }: Exemplar): boolean {
  return /^[0-9a-f]{32}$/i.test(traceId) && /^[0-9a-f]{16}$/i.test(spanId);
}

/** How many points a batch has, of all metrics. */
export function pointsIn(batch: MetricBatch): number {
  let points = 0;
  for (const metric of batch.metrics) points += metric.points.length;
  return points;
}
