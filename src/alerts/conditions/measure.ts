import type { LatencySnapshot } from "../../snapshot/model.js";
import type { Row } from "../series/table.js";
import { isOutgoing, type Kinds } from "../series/view.js";
import type { Breach } from "./evaluable.js";

/** One figure of the rows of one kind, as a threshold needs it. */
export interface Measure<R extends Row = Row> {
  readonly kind: keyof Kinds;
  /** Names the figure: measures of one name read the same. */
  readonly field: string;
  readonly signal: string;
  readonly unit: string;
  /** In words. */
  readonly what: string;
  /** NaN: there is none. */
  read(row: R): number;
  /** Values that it is of. */
  count?(row: R): number;
  /** How many of a row's requests are beyond the threshold. */
  affected?(row: R, threshold: number): number;
}

type Operation = Kinds["operations"];

export function latencyMeasure(percentile: number): Measure<Operation> {
  return {
    kind: "operations",
    field: `latency:${percentile}`,
    signal: "latency",
    unit: "ms",
    what: `p${percentile} latency`,
    read: ({ latency }) => (latency.count === 0 ? Number.NaN : percentileOf(latency, percentile)),
    count: ({ latency }) => latency.count,
    affected: ({ latency }, threshold) => slowerThan(latency, threshold, percentile),
  };
}

export const errorsMeasure: Measure<Operation> = {
  kind: "operations",
  field: "errors",
  signal: "errors",
  unit: "1",
  what: "error ratio",
  read: ({ traffic, errors }) => (traffic.count === 0 ? Number.NaN : errors.ratio),
  count: ({ traffic }) => traffic.count,
  affected: ({ errors }) => errors.count,
};

export const trafficMeasure: Measure<Operation> = {
  kind: "operations",
  field: "traffic",
  signal: "traffic",
  unit: "1/s",
  what: "traffic",
  read: ({ traffic }) => traffic.perSecond,
};

export function saturationMeasure(
  of: "saturation" | "value" | "mean" | "max",
): Measure<Kinds["saturation"]> {
  return {
    kind: "saturation",
    field: `saturation:${of}`,
    signal: "saturation",
    unit: of === "saturation" ? "1" : "",
    what: of === "saturation" || of === "value" ? "saturation" : `${of} saturation`,
    read: (row) => row[of] ?? Number.NaN,
  };
}

export function gaugeMeasure(of: "value" | "mean" | "min" | "max"): Measure<Kinds["gauges"]> {
  return {
    kind: "gauges",
    field: `gauge:${of}`,
    signal: "gauge",
    unit: "",
    what: of,
    read: (row) => row[of],
  };
}

export const counterMeasure: Measure<Kinds["counters"]> = {
  kind: "counters",
  field: "counter",
  signal: "counter",
  unit: "1/s",
  what: "rate",
  read: ({ perSecond }) => perSecond,
};

/** Of a latency read back from JSON, which has no distribution: the next higher figure that it has. */
function percentileOf(latency: LatencySnapshot, percentile: number): number {
  if (percentile === 99) return latency.p99;
  if (percentile === 95) return latency.p95;
  if (percentile === 50) return latency.p50;
  if (typeof latency.percentile === "function") return latency.percentile(percentile);
  if (percentile < 50) return latency.p50;
  if (percentile < 95) return latency.p95;
  return percentile < 99 ? latency.p99 : latency.max;
}

function slowerThan(latency: LatencySnapshot, threshold: number, percentile: number): number {
  const below = latency.histogram?.countAtOrBelow?.(threshold);
  if (below !== undefined) return latency.count - below;
  return Math.round((latency.count * (100 - percentile)) / 100);
}

/** The requests that a breach is of, where it is of requests. */
export function affectedBy(
  measure: Measure,
  row: Row | undefined,
  threshold: number,
  requests: () => { readonly entry: number; readonly client: number },
): Breach["affected"] {
  if (row === undefined || measure.affected === undefined) return undefined;
  const outgoing = isOutgoing(row as Operation);
  const { entry, client } = requests();
  return { count: measure.affected(row, threshold), of: outgoing ? client : entry, outgoing };
}
