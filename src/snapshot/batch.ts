import type { ClosedHistogram } from "../histogram/closed-histogram.js";
import type { Outcome } from "../instruments/golden-signals.js";
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

/** The operation that a point tells of. */
export interface PointSignals {
  /** The instrument its durations go to, as registered. */
  readonly instrument: string;
  readonly name: string;
  /** Of the operation; those of the point say how it ended as well. */
  readonly attributes: AttributesData;
}

export interface PointOutcome extends PointSignals {
  readonly outcome: Outcome;
  /** `error.type`; "" unless the outcome is an error. */
  readonly type: string;
}

export interface HistogramPoint {
  readonly attributes: AttributesData;
  /** Of the durations of an operation: which one, and how it ended. */
  readonly signals?: PointOutcome;
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
  /** Of what is in flight: which operation. */
  readonly signals?: PointSignals;
  /** Of what can run full: 0…1, NaN where it has no limit. */
  readonly saturation?: number;
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
