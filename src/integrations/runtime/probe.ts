/** One thing that can run full. Read on the timer, never per request. */
export interface Reading {
  /** The semconv name where one exists, e.g. `nodejs.eventloop.utilization`. */
  readonly name: string;
  /** UCUM: `1`, `s`, `By`. */
  readonly unit: string;
  readonly description: string;
  /** A counter's value is a cumulative total, e.g. seconds of `v8js.gc.duration`. */
  readonly kind: "gauge" | "counter";
  readonly attributes?: Readonly<Record<string, string>>;
  /** NaN: nothing to say this time. */
  value: number;
  /** 0…1 where the thing has a limit. */
  saturation?: number;
}

/** A few readings that are taken together. */
export interface Probe {
  /** `event-loop`, `cpu`, `memory` or `gc`. */
  readonly name: string;
  /** The same objects for life; `sample` updates them in place. */
  readonly readings: readonly Reading[];
  /**
   * Takes the readings. Never throws.
   *
   * @param elapsedMs - monotonic milliseconds since the previous sample (the first time: since the
   * probe was made), as measured: a late timer's nominal step would overstate every ratio
   */
  sample(elapsedMs: number): void;
  /** Releases observers. Idempotent; a later sample does nothing. */
  stop(): void;
}
