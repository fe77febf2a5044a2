import type {
  AttributesData,
  CounterSnapshot,
  GaugeSnapshot,
  HistogramSnapshot,
  OperationSnapshot,
  SaturationSnapshot,
  Snapshot,
} from "../snapshot/model.js";

/** One life of one process, or of one thread of it. */
export interface FleetProcess {
  /** Its incarnation: another one after each restart. */
  readonly id: string;
  readonly service: string;
  readonly host: string;
  readonly pid: number;
  /** 0, or absent: the main thread. */
  readonly threadId?: number;
  /** Epoch ms. */
  readonly startTimeMs: number;
  /** Epoch ms of the newest values that it is shown with. */
  readonly lastSeenMs: number;
  /** False once it has ended; what it counted stays in the totals. */
  readonly live: boolean;
}

export type MissingReason =
  /** It has not told of itself: it is starting, or does without this library. */
  | "silent"
  /** No answer before the deadline: frozen, or busy. */
  | "timeout"
  /** It has ended, and its values of this window with it, or all of them where it had told nothing. */
  | "ended"
  /** Its answer was none. */
  | "malformed"
  /** Its answer was larger than is read. */
  | "too_large"
  /** Its answer was of a version of this library that this one cannot read. */
  | "version"
  /** The way to it is closed. */
  | "unreachable"
  /** Its clock is more than a minute ahead: what it does is dated in the future. */
  | "clock";

/** What a partial result was made without. */
export interface FleetMissing {
  /** As in `processes`, where it is known; else what it is called where it was added. */
  readonly id: string;
  readonly reason: MissingReason;
  readonly pid?: number;
  readonly host?: string;
  readonly threadId?: number;
  /** Epoch ms of its last answer. */
  readonly lastSeenMs?: number;
}

/** The golden signals of one operation in all processes: percentiles are those of the pooled values. */
export interface FleetOperationSnapshot extends OperationSnapshot {
  readonly service: string;
  /** Processes that it has values of. */
  readonly processes: number;
}

/** What one process says of something that can run full. */
export interface ProcessSaturation {
  /** `id` of the process. */
  readonly process: string;
  readonly value: number;
  readonly mean: number;
  readonly max: number;
  readonly saturation?: number;
}

/** Something that can run full: figures of the process where it is fullest now, and each one's own. */
export interface FleetSaturationSnapshot extends SaturationSnapshot {
  readonly service: string;
  /** `id` of the process that the figures are of. */
  readonly process: string;
  /** One each, the fullest first. */
  readonly byProcess: readonly ProcessSaturation[];
}

export interface ProcessGauge {
  /** `id` of the process. */
  readonly process: string;
  readonly value: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

/** A gauge of all live processes: `value` is the largest of theirs, `mean` the mean of their means. */
export interface FleetGaugeSnapshot extends GaugeSnapshot {
  readonly service: string;
  /** Of the values of all; means something where the thing adds up. */
  readonly sum: number;
  /** One each, the largest value first. */
  readonly byProcess: readonly ProcessGauge[];
}

export interface FleetCounterSnapshot extends CounterSnapshot {
  readonly service: string;
}

export interface FleetHistogramSnapshot extends HistogramSnapshot {
  readonly service: string;
}

/**
 * A snapshot of many processes: counts are sums, percentiles those of the pooled values, rates those of
 * all together. What does not add up, gauges and saturation, is shown by process, with the worst.
 */
export interface FleetSnapshot extends Snapshot {
  readonly operations: readonly FleetOperationSnapshot[];
  readonly saturation: readonly FleetSaturationSnapshot[];
  readonly counters: readonly FleetCounterSnapshot[];
  readonly gauges: readonly FleetGaugeSnapshot[];
  readonly histograms: readonly FleetHistogramSnapshot[];
  /** All that values are from, those that live first. */
  readonly processes: readonly FleetProcess[];
  /** Whether somebody's values are missing. */
  readonly partial: boolean;
  readonly missing: readonly FleetMissing[];
}

/** What one process contributes. */
export interface FleetPart {
  readonly process: FleetProcess;
  /** Whose values these are, where they are of several: those that have ended, say. @default [process] */
  readonly processes?: readonly FleetProcess[];
  /** The dependency map is made anew, of all operations. */
  readonly snapshot: Omit<Snapshot, "dependencies">;
}

export type { AttributesData, Snapshot };
