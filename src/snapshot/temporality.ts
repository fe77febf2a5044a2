import { Accumulator } from "../histogram/accumulator.js";
import type { ClosedHistogram } from "../histogram/closed-histogram.js";
import type { HistogramPoint, MetricBatch, MetricData, NumberPoint } from "./batch.js";

/**
 * Turns cumulative batches into what was added since the last acknowledged one.
 *
 * The cursor is that batch itself, so a skipped or failed export loses nothing and a retried one
 * counts nothing twice: what is not acknowledged is simply in the next difference.
 */
export class DeltaCursor {
  #acknowledged: MetricBatch | undefined;
  readonly #accumulators = new Map<string, Accumulator>();

  /** @param cumulative - a batch with cumulative values */
  delta(cumulative: MetricBatch): MetricBatch {
    const steps = this.steps(cumulative);
    let step = steps.next();
    while (!step.done) step = steps.next();
    return step.value;
  }

  /** `delta`, point by point, for whoever takes it in slices. */
  *steps(cumulative: MetricBatch): Generator<void, MetricBatch> {
    const before = this.#acknowledged;
    if (before === undefined) return { ...cumulative, temporality: "delta" };
    const known = new Map(before.metrics.map((metric) => [metric.name, metric]));
    const metrics: MetricData[] = [];
    for (const metric of cumulative.metrics) {
      metrics.push(yield* this.#subtract(metric, known.get(metric.name)));
    }
    return { ...cumulative, temporality: "delta", from: before.to, metrics };
  }

  /** Moves the cursor: everything in this cumulative batch has arrived. */
  acknowledge(cumulative: MetricBatch): void {
    this.#acknowledged = cumulative;
  }

  *#subtract(metric: MetricData, before: MetricData | undefined): Generator<void, MetricData> {
    if (before === undefined || metric.kind === "gauge" || metric.kind === "updown") return metric;
    if (metric.kind === "histogram") {
      const old = yield* index(before.points as readonly HistogramPoint[]);
      const points: HistogramPoint[] = [];
      for (const point of metric.points) {
        const last = old.get(keyOf(point.attributes));
        if (last?.histogram === point.histogram) continue;
        const histogram =
          last === undefined || isNew(point, last)
            ? point.histogram
            : this.#difference(point.histogram, last.histogram);
        if (histogram.count > 0) points.push({ ...point, histogram });
        yield;
      }
      return { ...metric, points };
    }
    const old = yield* index(before.points as readonly NumberPoint[]);
    const points: NumberPoint[] = [];
    for (const point of metric.points) {
      const last = old.get(keyOf(point.attributes));
      const value =
        last === undefined || isNew(point, last) ? point.value : point.value - last.value;
      if (value !== 0) points.push({ ...point, value });
      yield;
    }
    return { ...metric, points };
  }

  #difference(now: ClosedHistogram, before: ClosedHistogram): ClosedHistogram {
    const { lowest, highest, significantDigits } = now.layout;
    const key = `${lowest}/${highest}/${significantDigits}`;
    let accumulator = this.#accumulators.get(key);
    if (accumulator === undefined) {
      accumulator = new Accumulator(now.layout);
      this.#accumulators.set(key, accumulator);
    }
    accumulator.addClosed(now);
    accumulator.addClosed(before, -1);
    return accumulator.take(now.scale);
  }
}

function* index<P extends { attributes: object }>(
  points: readonly P[],
): Generator<void, Map<string, P>> {
  const byKey = new Map<string, P>();
  for (const point of points) {
    byKey.set(keyOf(point.attributes), point);
    yield;
  }
  return byKey;
}

/** A series that expired and came back counts from 0 again. */
function isNew(now: { startTimeMs?: number }, before: { startTimeMs?: number }): boolean {
  return now.startTimeMs !== before.startTimeMs;
}

/** Attributes are sorted when they are cleaned, so their JSON is a key. */
function keyOf(attributes: object): string {
  return JSON.stringify(attributes);
}
