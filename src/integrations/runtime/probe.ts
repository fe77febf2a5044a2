/** One thing that can run full, or counts up. Read on the timer, never per request. */
export interface Reading {
  /** The semconv name where one exists, e.g. `nodejs.eventloop.utilization`. */
  readonly name: string;
  /** UCUM: `1`, `s`, `By`. */
  readonly unit: string;
  readonly description: string;
  /**
   * A counter's value is the total as its source tells it, e.g. seconds of `process.cpu.time`. The
   * first is a baseline: what was counted before belongs to nobody. So is one that is smaller than
   * the last, and one after NaN.
   */
  readonly kind: "gauge" | "counter" | "histogram";
  /** Few and bounded: modes, kinds, at most 16 devices. */
  readonly attributes?: Readonly<Record<string, string>>;
  /** A gauge that tells how full something is, or how long it makes wait. */
  readonly isSaturation?: boolean;
  /** A gauge whose values add up over attributes and processes: exporters see an up-down counter. */
  readonly isUpDown?: boolean;
  /** A counter that began at 0 when it was made: its first value counts too. */
  readonly isFromZero?: boolean;
  /** A histogram's values since it was last read; whoever reads empties it. */
  readonly values?: number[];
  /** NaN: nothing to say this time. */
  value: number;
  /** 0…1 where the thing has a limit. */
  saturation?: number;
}

/** A few readings that are taken together. */
export interface Probe {
  /** `event-loop`, `cpu`, `memory`, …: lower case, for the count of its faults. */
  readonly name: string;
  /**
   * The same objects for life, updated in place; appended to when a device appears, and taken out only
   * with a device that was silent and whose place another needs.
   */
  readonly readings: Reading[];
  /** Milliseconds between two samples that do something. @default every sample */
  readonly stepMs?: number;
  /**
   * Takes the readings. Never throws.
   *
   * @param elapsedMs - monotonic milliseconds since the previous sample (the first time: since the
   * probe was made), as measured: a late timer's nominal step would overstate every ratio
   */
  sample(elapsedMs: number): void;
  /** Releases what it holds, where it holds anything. Idempotent; a later sample does nothing. */
  stop?(): void;
}
