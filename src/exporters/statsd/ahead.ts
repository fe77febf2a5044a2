import type { MetricBatch, MetricData } from "../../snapshot/batch.js";
import { DeltaCursor } from "../../snapshot/temporality.js";
import type { Outgoing } from "./delivery.js";
import type { Point } from "./lines.js";

/**
 * What went out of exports that failed half-way.
 *
 * The reader's cursor moves only with a whole batch, so the next one holds all of the failed one
 * again. This is the cursor within: it takes from the next batch what of it has been sent already, so
 * that nothing is counted twice, and nothing needs to be kept for later.
 */
export class SentAhead {
  #cursor: DeltaCursor | undefined;
  /** Start of the batches it belongs to; another start means that the reader's cursor has moved. */
  #from = 0;
  /** By metric and attributes: the value up to which the point has been sent. */
  #points = new Map<string, Map<string, Point>>();

  clear(): void {
    this.#cursor = undefined;
    this.#points = new Map();
  }

  /** The batch without what has been sent of it. */
  rest(batch: MetricBatch): MetricBatch {
    if (this.#cursor !== undefined && batch.from !== this.#from) this.clear();
    return this.#cursor?.delta(batch) ?? batch;
  }

  /** @param batch - as the reader gave it: the points of `begun` have been sent up to their values in it */
  add(batch: MetricBatch, begun: readonly Outgoing[]): void {
    const whole = new Map(batch.metrics.map((metric) => [metric.name, byAttributes(metric)]));
    for (const { of } of begun) {
      // A gauge may be sent again.
      if (of === undefined || (of.metric.kind !== "histogram" && of.metric.kind !== "counter")) {
        continue;
      }
      const point = whole.get(of.metric.name)?.get(of.point.attributes);
      if (point === undefined) continue;
      let points = this.#points.get(of.metric.name);
      if (points === undefined) {
        points = new Map();
        this.#points.set(of.metric.name, points);
      }
      points.set(JSON.stringify(point.attributes), point);
    }
    this.#from = batch.from;
    this.#cursor = new DeltaCursor();
    this.#cursor.acknowledge({ ...batch, metrics: this.#metrics(batch) });
  }

  #metrics(batch: MetricBatch): MetricData[] {
    const metrics: MetricData[] = [];
    for (const metric of batch.metrics) {
      const points = this.#points.get(metric.name);
      if (points !== undefined)
        metrics.push({ ...metric, points: [...points.values()] } as MetricData);
    }
    return metrics;
  }
}

function byAttributes(metric: MetricData): Map<object, Point> {
  return new Map((metric.points as readonly Point[]).map((point) => [point.attributes, point]));
}
