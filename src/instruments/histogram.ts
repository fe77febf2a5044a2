import type { Attributes } from "../attributes/attributes.js";
import { Recorder, type RecorderShared } from "../histogram/recorder.js";
import type { Series } from "./instrument.js";

/** A histogram bound to its attributes. */
export interface BoundHistogram {
  /**
   * Records one value, in the histogram's unit. Hot path: no allocation.
   * Never throws; what is not a finite number ≥ 0 is dropped and counted.
   */
  record(value: number): void;
}

/** What a series belongs to, when it is one of several. */
export interface SeriesOwner {
  /** Called when a series of it was admitted, perhaps after all of them had expired. */
  relist(): void;
}

/** One histogram series: a recorder that knows what it records. */
export class HistogramSeries extends Recorder implements Series, BoundHistogram {
  lastActive = 0;

  constructor(
    shared: RecorderShared,
    readonly attributes: Attributes,
    readonly key: string,
    readonly owner?: SeriesOwner,
  ) {
    super(shared);
  }
}
