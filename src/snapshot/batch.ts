import type { ClosedHistogram } from "../histogram/closed-histogram.js";
import type { InstrumentKind } from "../instruments/instrument.js";
import type { AttributesData, Exemplar } from "./model.js";
import type { Resource } from "./resource.js";

/** Values since the process started, or since the last export that was acknowledged. */
export type Temporality = "cumulative" | "delta";

/** One life of one process: absolute values begin anew with each. */
export interface Incarnation {
  readonly id: string;
  /** Epoch ms. */
  readonly startTimeMs: number;
}

export interface HistogramPoint {
  readonly attributes: AttributesData;
  /** Epoch ms from which its total counts, where that is after the start of the process. */
  readonly startTimeMs?: number;
  /** Whole, in HDR form; its values are in the unit of the metric. */
  readonly histogram: ClosedHistogram;
  /** Traced values among those of the last few minutes, in the unit of the metric, oldest first. */
  readonly exemplars?: readonly Exemplar[];
}

export interface NumberPoint {
  readonly attributes: AttributesData;
  /** As that of a histogram; gauges have none. */
  readonly startTimeMs?: number;
  readonly value: number;
}

interface MetricInfo {
  readonly name: string;
  /** UCUM. */
  readonly unit: string;
  readonly description: string;
}

export interface HistogramMetric extends MetricInfo {
  readonly kind: "histogram";
  readonly points: readonly HistogramPoint[];
}

export interface NumberMetric extends MetricInfo {
  /** A counter only grows; an `updown` counter and a gauge move both ways. */
  readonly kind: "counter" | "updown" | "gauge";
  readonly points: readonly NumberPoint[];
}

export type MetricData = HistogramMetric | NumberMetric;

/** Everything one export carries. Immutable and shared between exporters. */
export interface MetricBatch {
  readonly resource: Resource;
  readonly incarnation: Incarnation;
  readonly temporality: Temporality;
  /** Epoch ms, `[from, to)`. */
  readonly from: number;
  readonly to: number;
  readonly metrics: readonly MetricData[];
}

export type { AttributesData, Exemplar, InstrumentKind, Resource };
