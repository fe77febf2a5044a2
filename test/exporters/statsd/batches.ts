import { Accumulator } from "../../../src/histogram/accumulator.js";
import { Layout } from "../../../src/histogram/layout.js";
import type { AttributesData, MetricBatch, MetricData } from "../../../src/snapshot/batch.js";

const layout = new Layout();

/** A histogram of values in the unit of its metric. */
export function histogramOf(values: Iterable<number>, scale = 1e6) {
  const accumulator = new Accumulator(layout);
  for (const value of values) accumulator.addSlot(layout.slotOf(Math.round(value * scale)), 1);
  return accumulator.take(scale);
}

export function timings(
  name: string,
  values: Iterable<number>,
  attributes: AttributesData = {},
  { unit = "s", scale = 1e6 } = {},
): MetricData {
  const points = [{ attributes, histogram: histogramOf(values, scale) }];
  return { name, unit, description: "", kind: "histogram", points };
}

export function number(
  kind: "counter" | "gauge" | "updown",
  name: string,
  value: number,
  attributes: AttributesData = {},
): MetricData {
  return { name, unit: "1", description: "", kind, points: [{ attributes, value }] };
}

export const START = Date.UTC(2026, 0, 1);

/** @param resource - attributes of the resource */
export function deltaBatch(
  metrics: readonly MetricData[],
  { from = START, resource = {} as AttributesData } = {},
): MetricBatch {
  return {
    resource: { attributes: resource },
    incarnation: { id: "1-a-b", startTimeMs: START },
    temporality: "delta",
    from,
    to: from + 10_000,
    metrics,
  };
}

export const never = () => new AbortController().signal;
