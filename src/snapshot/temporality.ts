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
    const before = this.#acknowledged;
    if (before === undefined) return { ...cumulative, temporality: "delta" };
    const known = new Map(before.metrics.map((metric) => [metric.name, metric]));
    return {
      ...cumulative,
      temporality: "delta",
      from: before.to,
      metrics: cumulative.metrics.map((metric) => this.#subtract(metric, known.get(metric.name))),
    };
  }

  /** Moves the cursor: everything in this cumulative batch has arrived. */
  acknowledge(cumulative: MetricBatch): void {
    this.#acknowledged = cumulative;
  }

  #subtract(metric: MetricData, before: MetricData | undefined): MetricData {
    if (before === undefined || metric.kind === "gauge" || metric.kind === "updown") return metric;
    if (metric.kind === "histogram") {
      const old = index(before.points as readonly HistogramPoint[]);
      const points = metric.points.map((point) => {
        const last = old.get(keyOf(point.attributes));
        return last === undefined
          ? point
          : { ...point, histogram: this.#difference(point.histogram, last.histogram) };
      });
      return { ...metric, points: points.filter((point) => point.histogram.count > 0) };
    }
    const old = index(before.points as readonly NumberPoint[]);
    const points = metric.points.map((point) => {
      const last = old.get(keyOf(point.attributes))?.value ?? 0;
      // A smaller value is a series that expired and began anew.
      return { ...point, value: point.value < last ? point.value : point.value - last };
    });
    return { ...metric, points: points.filter((point) => point.value !== 0) };
  }

  #difference(now: ClosedHistogram, before: ClosedHistogram): ClosedHistogram {
    if (now.count < before.count) return now;
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

function index<P extends { attributes: object }>(points: readonly P[]): Map<string, P> {
  return new Map(points.map((point) => [keyOf(point.attributes), point]));
}

/** Attributes are sorted when they are cleaned, so their JSON is a key. */
function keyOf(attributes: object): string {
  return JSON.stringify(attributes);
}
