import type { HistogramView } from "../snapshot/model.js";

/** Whatever JSON can hold. */
export type DetectorState = unknown;

/** What stands behind a value, for detectors that use it. */
export interface ObservationContext {
  /** How many requests the value is of. */
  readonly count?: number;
  readonly errors?: number;
  /** The whole distribution. */
  readonly histogram?: HistogramView;
  /** Values of other series at the same time, by name: inputs of composites. */
  readonly inputs?: Readonly<Record<string, number>>;
}

/** What a detector thinks of one value. */
export interface Verdict {
  /** 0…1, comparable over detectors: an alarm from 0.5 by default. */
  readonly score: number;
  readonly anomalous: boolean;
  /** It has not seen enough to judge; the score is 0 then. */
  readonly warmingUp: boolean;
  readonly expected?: number;
  readonly lower?: number;
  readonly upper?: number;
  /** In words a person can act on. */
  readonly reason?: string;
}

/**
 * Judges one series, value by value, knowing only the past.
 *
 * Never throws; NaN is a missing value; a time that does not advance is judged without being learned.
 * Bounded state, whatever comes. The same values give the same verdicts, in every unit.
 */
export interface Detector {
  readonly name: string;
  observe(value: number, timeMs: number, context?: ObservationContext): Verdict;
  /** All it has learned, as JSON. */
  save(): DetectorState;
  /** Continues from `save()`; a state it cannot read leaves it as new. */
  restore(state: DetectorState): void;
}
