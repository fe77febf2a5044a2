import { Accumulator } from "../histogram/accumulator.js";
import type { ClosedHistogram } from "../histogram/closed-histogram.js";
import type { HistogramPoint, MetricBatch, MetricData, NumberPoint } from "./batch.js";
import { FramedHistogram } from "./framed-histogram.js";

type Point = MetricData["points"][number];

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
    const earlier: readonly Point[] = before.points;
    const points: Point[] = [];
    let byKey: Map<string, Point> | undefined;
    let place = 0;
    for (const point of metric.points) {
      // Mostly they are the points of before in the same order, and some behind them.
      let last = earlier[place++];
      if (last?.attributes !== point.attributes && (last ?? byKey) !== undefined) {
        byKey ??= yield* index(earlier);
        last = byKey.get(keyOf(point.attributes)) as Point;
      }
      const added = last === undefined || isNew(point, last) ? point : this.#added(point, last);
      if (!isEmpty(added)) points.push(added);
      yield;
    }
    return { ...metric, points } as MetricData;
  }

  #added(point: Point, last: Point): Point {
    if (!("histogram" in point))
      return { ...point, value: point.value - (last as NumberPoint).value };
    const { histogram: before } = last as HistogramPoint;
    const { histogram: now } = point;
    const framed = now instanceof FramedHistogram ? now.since(before) : undefined;
    return { ...point, histogram: framed ?? this.#difference(now, before) };
  }

  /** Of totals that come from elsewhere: another process's, or several that a view made one. */
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

function isEmpty(point: Point): boolean {
  return ("histogram" in point ? point.histogram.count : point.value) === 0;
}

function* index(points: readonly Point[]): Generator<void, Map<string, Point>> {
  const byKey = new Map<string, Point>();
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
