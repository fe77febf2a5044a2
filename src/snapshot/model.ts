/** Attributes of a series: low cardinality, already cleaned. */
export type AttributesData = Readonly<Record<string, string | number | boolean>>;

/** One recorded value and the trace it was recorded in. */
export interface Exemplar {
  readonly value: number;
  /** Epoch ms. */
  readonly timeMs: number;
  /** 32 and 16 hexadecimal digits. */
  readonly traceId: string;
  readonly spanId: string;
}

/** A closed histogram as readers see it. Values are in the unit of the instrument. */
export interface HistogramView {
  readonly count: number;
  readonly sum: number;
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  /** Value at a percentile, 0–100; 0 when empty. */
  percentile(p: number): number;
  countAtOrBelow(value: number): number;
}

/** A distribution corrected for coordinated omission; its counts are those recorded. */
export interface CorrectedView extends HistogramView {
  /** Values the load left out while it waited. */
  readonly omitted: number;
}

/** Latencies in milliseconds. All 0 when there are none. */
export interface LatencySnapshot {
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
  /** Latency in ms at any percentile, 0–100. */
  percentile(p: number): number;
  /**
   * Corrected for coordinated omission, for load that waits for each answer before it asks again.
   * @param expectedIntervalMs - ms between two requests of one client, had none been slow
   */
  corrected(expectedIntervalMs: number): CorrectedView;
  /** The distribution behind these figures; not part of the JSON. */
  readonly histogram: HistogramView;
}

export interface TrafficSnapshot {
  readonly count: number;
  /** Per second of monotonic time in the window. */
  readonly perSecond: number;
}

export interface ErrorsSnapshot {
  readonly count: number;
  /** Errors ÷ traffic; 0 without traffic. */
  readonly ratio: number;
  /** Counts by `error.type`. */
  readonly byType: Readonly<Record<string, number>>;
  /** Latency of what failed; `latency` beside it is of what did not. */
  readonly latency: LatencySnapshot;
}

/** The four golden signals of one operation. */
export interface OperationSnapshot {
  readonly name: string;
  readonly attributes: AttributesData;
  /** The instrument its durations go to: `http.server.request.duration`, say. */
  readonly instrument: string;
  /** Of the work that did not fail and was not aborted. */
  readonly latency: LatencySnapshot;
  readonly traffic: TrafficSnapshot;
  readonly errors: ErrorsSnapshot;
  /** Ended because the other side went away: part of traffic, neither success nor error. */
  readonly aborted: { readonly count: number };
  readonly inFlight: number;
  /** Traced values of the window, in ms: of the slow tail, and of what failed. */
  readonly exemplars: readonly OperationExemplar[];
}

export interface OperationExemplar extends Exemplar {
  readonly outcome: "ok" | "error" | "aborted";
}

/** One edge of the dependency map: this service, another one, and the golden signals between them. */
export interface DependencySnapshot {
  /** The service that calls. */
  readonly caller: string;
  /** `server.service.name`; for HTTP the host, with its port where that is not 80 or 443. */
  readonly name: string;
  readonly kind: "http" | "db" | "messaging" | "rpc" | "other";
  /** How many operations are merged here. */
  readonly operations: number;
  readonly latency: LatencySnapshot;
  readonly traffic: TrafficSnapshot;
  readonly errors: ErrorsSnapshot;
  readonly aborted: { readonly count: number };
  readonly inFlight: number;
}

/** Something that can run full, over the window. */
export interface SaturationSnapshot {
  readonly name: string;
  readonly attributes: AttributesData;
  readonly unit: string;
  /** The last sample. */
  readonly value: number;
  readonly mean: number;
  readonly max: number;
  /** 0…1, of the last sample, where the thing has a limit. */
  readonly saturation?: number;
}

export interface CounterSnapshot {
  readonly name: string;
  readonly attributes: AttributesData;
  readonly unit: string;
  /** Added within the window. */
  readonly count: number;
  readonly perSecond: number;
}

export interface GaugeSnapshot {
  readonly name: string;
  readonly attributes: AttributesData;
  readonly unit: string;
  readonly value: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
}

export interface HistogramSnapshot {
  readonly name: string;
  readonly attributes: AttributesData;
  readonly unit: string;
  readonly count: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly max: number;
  readonly mean: number;
  readonly perSecond: number;
  percentile(p: number): number;
  /** The distribution behind these figures; not part of the JSON. */
  readonly histogram: HistogramView;
}

export interface ExportTallySnapshot {
  readonly exported: number;
  readonly failed: number;
  /** Intervals that passed while an export was under way. */
  readonly skipped: number;
  /** Points that a backend took the rest of a batch without. */
  readonly rejected: number;
}

/** What the library knows of itself, since its start. */
export interface SelfSnapshot {
  /** Values that entered a histogram. */
  readonly records: number;
  /** Values that entered nothing, by reason. */
  readonly dropped: {
    readonly notANumber: number;
    readonly negative: number;
    readonly infinite: number;
  };
  /** Values above the highest trackable one, recorded as that one. */
  readonly clamped: number;
  /** Times a set of attributes was turned away to an overflow series. */
  readonly overflowed: number;
  /** Handles used wrongly: an `end` without its `start`. */
  readonly misuse: number;
  /** Attributes cut or left out at their limits. */
  readonly attributes: { readonly truncated: number; readonly dropped: number };
  /** Foreign callbacks that threw, hung or answered nonsense. */
  readonly callbackErrors: number;
  /** Times the wall clock was set; windows and rates follow the monotonic one. */
  readonly clockSteps: number;
  /** What became of exports, by exporter. */
  readonly exports: Readonly<Record<string, ExportTallySnapshot>>;
  readonly series: number;
  readonly expired: { readonly series: number; readonly values: number };
  readonly windows: {
    readonly bytes: number;
    readonly budgetBytes: number;
    readonly coarsened: number;
    readonly dropped: number;
  };
  readonly overhead: OverheadSnapshot;
}

/** What the library costs, since its start. */
export interface OverheadSnapshot {
  /** Share of one core: what is left of the ratios below when the process itself has nothing to do. */
  readonly ofCore: number;
  /** Share of the CPU time of the process: `timer + recording`. */
  readonly ratio: number;
  /** Measured: time in the library's timer ÷ CPU time of the process. */
  readonly timer: number;
  /** Estimated: values recorded × the calibrated cost of one ÷ CPU time of the process. */
  readonly recording: number;
  /** Share of the CPU time of the process that the library is held to; Infinity: none. */
  readonly budget: number;
  /** Whether it was over the budget when it looked last. */
  readonly overBudget: boolean;
  /** Length of an interval now: longer than asked while the budget demands it. */
  readonly intervalMs: number;
}

/** Everything known at one instant about one window. Immutable; `JSON.stringify` gives plain data. */
export interface Snapshot {
  readonly service: string;
  readonly window: string;
  /** Epoch ms of the oldest value that may be in it, and of the instant it was taken. */
  readonly start: number;
  readonly end: number;
  readonly operations: readonly OperationSnapshot[];
  /** Whom this service calls, and how that goes. */
  readonly dependencies: readonly DependencySnapshot[];
  readonly saturation: readonly SaturationSnapshot[];
  readonly counters: readonly CounterSnapshot[];
  readonly gauges: readonly GaugeSnapshot[];
  readonly histograms: readonly HistogramSnapshot[];
  readonly self: SelfSnapshot;
}
