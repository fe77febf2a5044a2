import { Accumulator } from "../histogram/accumulator.js";
import type { ClosedHistogram } from "../histogram/closed-histogram.js";
import { Layout } from "../histogram/layout.js";
import type {
  AttributesData,
  Exemplar,
  HistogramMetric,
  MetricBatch,
  MetricData,
  NumberMetric,
} from "../snapshot/batch.js";

const layout = new Layout();
/** Layout units (µs) per second. */
const PER_SECOND = 1_000_000;
const MINUTE_MS = 60_000;

/** A histogram of these values, as a batch carries it. @param values - seconds, 0 … 3600 */
export function histogramOf(values: readonly number[]): ClosedHistogram {
  const accumulator = new Accumulator(layout);
  for (const seconds of values) {
    accumulator.addSlot(layout.slotOf(Math.round(seconds * PER_SECOND)), 1);
  }
  return accumulator.take(PER_SECOND);
}

/** A histogram in seconds with one point. */
export function histogramMetric(
  name: string,
  values: readonly number[],
  attributes: AttributesData = {},
  exemplars?: readonly Exemplar[],
): HistogramMetric {
  const point = { attributes, histogram: histogramOf(values), ...(exemplars && { exemplars }) };
  return { name, kind: "histogram", unit: "s", description: "", points: [point] };
}

/** A counter, updown counter or gauge with one point. */
export function numberMetric(
  name: string,
  kind: NumberMetric["kind"],
  value: number,
  attributes: AttributesData = {},
): NumberMetric {
  return { name, kind, unit: "1", description: "", points: [{ attributes, value }] };
}

/**
 * A cumulative batch of these metrics, of a process that started a minute before.
 * @param more - what is to be different
 */
export function batchWith(
  metrics: readonly MetricData[],
  { to = 1_700_000_000_000, ...more }: Partial<MetricBatch> = {},
): MetricBatch {
  return {
    resource: { attributes: { "service.name": "conformance" } },
    incarnation: { id: "1-a-b", startTimeMs: to - MINUTE_MS },
    temporality: "cumulative",
    from: to - MINUTE_MS,
    to,
    metrics,
    ...more,
  };
}

/**
 * A batch with every kind of point, labels that are hard to write among them.
 * @param values - seconds, in the one histogram
 * @param to - end of the batch, epoch ms
 */
export function batchOf(values: readonly number[], to?: number): MetricBatch {
  const route = { "http.route": "/users/:id", "http.request.method": "GET" };
  const duration = {
    ...histogramMetric("http.server.request.duration", values, route),
    description: "Duration of HTTP server requests.",
  };
  const jobs: NumberMetric = { ...numberMetric("jobs.done", "counter", 3), unit: "{job}" };
  const pool = numberMetric("pool.used", "gauge", 0.5, { odd: '"\\\n{}' });
  const empty: NumberMetric = { ...numberMetric("empty", "counter", 0), points: [] };
  return batchWith([duration, jobs, pool, empty], { to: to ?? 1_700_000_000_000 });
}
