import type { AttributesData } from "../../snapshot/model.js";
import type { FleetMissing, FleetSnapshot } from "../model.js";

/** What part of the fleet is asked about. Everything left out is all there is. */
export interface FleetFilter {
  /** Names of services, in which `*` stands for any text. @default those of the reader */
  readonly service?: string | readonly string[];
  /** Name of an operation, in which `*` stands for any text. */
  readonly operation?: string;
  /** Attributes that a series must have, with these values. */
  readonly attributes?: AttributesData;
}

/** How far a result can be trusted. */
export interface Completeness {
  /** Whether somebody's values are missing, or Redis could not be read. */
  readonly partial: boolean;
  readonly missing: readonly FleetMissing[];
  /** True for an earlier result: Redis cannot be read now. */
  readonly stale: boolean;
  /** Why Redis could not be read. */
  readonly reason?: string;
}

/** A snapshot of all processes that write to one Redis. */
export interface RedisFleetSnapshot extends FleetSnapshot, Completeness {}

export interface RangeQuery extends FleetFilter {
  /** Epoch ms, or a date. */
  readonly from: number | Date;
  /** @default now */
  readonly to?: number | Date;
  /**
   * Length of a step in ms. It becomes a multiple of what is kept of that time: 10 s of the last hours,
   * minutes of the last days, hours of the last months.
   * @default what makes at most 360 points
   */
  readonly stepMs?: number;
  /** Name of a metric instead of an operation, in which `*` stands for any text. */
  readonly metric?: string;
  /** 0–100. @default [50, 95, 99] */
  readonly percentiles?: readonly number[];
}

/** A step in which there was nothing has no point. */
export interface RangePoint {
  /** Epoch ms at which the step begins. */
  readonly timeMs: number;
  /** Processes that it has values of; over several roll-ups the most of any. */
  readonly processes: number;
}

/** Figures of a distribution. Of an operation in ms, of the work that did not fail. */
export interface DistributionPoint extends RangePoint {
  readonly count: number;
  readonly perSecond: number;
  readonly mean: number;
  readonly max: number;
  /** By percentile: `p50`, `p99.9`, … */
  readonly percentiles: Readonly<Record<string, number>>;
}

/** `count` and `perSecond` are of all that ended, failed and aborted included. */
export interface OperationPoint extends DistributionPoint {
  readonly errors: number;
  /** Errors ÷ traffic. */
  readonly errorRatio: number;
  readonly aborted: number;
  /** At the end of the step, in all processes. */
  readonly inFlight: number;
}

export interface CounterPoint extends RangePoint {
  readonly count: number;
  readonly perSecond: number;
}

/** Over the samples of all processes. */
export interface GaugePoint extends RangePoint {
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Of the last samples of all processes. */
  readonly sum: number;
  /** 0…1, the fullest, where it has a limit. */
  readonly saturation?: number;
  /** `id` of the process where it was fullest, or else largest. */
  readonly worst: string;
}

interface SeriesBase<K extends string, P extends RangePoint> {
  readonly kind: K;
  readonly service: string;
  readonly name: string;
  readonly attributes: AttributesData;
  readonly unit: string;
  /** In the order of time. */
  readonly points: readonly P[];
}

/** One series over a range of time, merged over all processes of its service. */
export type RangeSeries =
  | (SeriesBase<"operation", OperationPoint> & { readonly instrument: string })
  | SeriesBase<"histogram", DistributionPoint>
  | SeriesBase<"counter", CounterPoint>
  | SeriesBase<"gauge", GaugePoint>;

export interface RangeResult extends Completeness {
  /** Epoch ms: the first step, and the end of the last. */
  readonly from: number;
  readonly to: number;
  /** Length of a step: a multiple of what was asked for, where less is not kept any more. */
  readonly stepMs: number;
  readonly series: readonly RangeSeries[];
}
