import { Layout } from "../histogram/layout.js";
import { Recorder, ValueTally } from "../histogram/recorder.js";
import { Slabs } from "../histogram/slabs.js";
import type { CallbackTally } from "../instruments/guarded-read.js";
import type { Registry } from "../instruments/registry.js";
import { cpuMs, workMs } from "../time/clock.js";
import { Governor, type Spending } from "../time/governor.js";
import type { Rotation } from "../window/rotation.js";
import type { SelfSnapshot } from "./model.js";

const CALIBRATION_RECORDS = 20_000;

export interface SelfOptions {
  readonly registry: Registry;
  readonly rotation: Rotation;
  readonly windowBytes: number;
  /** Length of an interval as it was asked for. */
  readonly intervalMs: number;
  /** Share of the CPU time of the process; Infinity: no limit. */
  readonly overheadBudget: number;
  readonly callbacks: CallbackTally;
  readonly exports: () => SelfSnapshot["exports"];
}

/** Intervals grow to this, or stay what they are. */
const LONGEST_INTERVAL_MS = 8000;

/** What the library costs and what it lost: measured where it can be, else estimated and named so. */
export class SelfMeter {
  readonly governor: Governor;
  readonly #options: SelfOptions;
  readonly #start: { readonly now: number; readonly cpu: number };
  #timerMs = 0;
  #msPerRecord: number | undefined;

  constructor(options: SelfOptions) {
    this.#options = options;
    const { clock } = options.registry;
    this.#start = { now: clock.now(), cpu: cpuMs(clock) };
    const longest = Math.max(1, LONGEST_INTERVAL_MS / options.intervalMs);
    const maxFactor = 2 ** Math.floor(Math.log2(longest));
    const nothing = { timerMs: 0, recordingMs: 0, processMs: 0, elapsedMs: 0 };
    this.governor = new Governor(options.overheadBudget, maxFactor, nothing);
  }

  /**
   * Runs a timer task and books its CPU time: not what passes while other processes have the core, nor what
   * other threads of this one work meanwhile.
   */
  meter(task: () => void): void {
    const { clock } = this.#options.registry;
    const cpu = cpuMs(clock);
    const began = clock.now();
    try {
      task();
    } finally {
      const lastedMs = clock.now() - began;
      this.#timerMs += workMs(lastedMs, cpuMs(clock) - cpu, clock);
    }
  }

  /** Books work that was done outside of a timer task. */
  spent(ms: number): void {
    this.#timerMs += ms;
  }

  /** Compares what was spent with the budget. @returns whether the pace changed */
  govern(): boolean {
    return this.governor.update(this.#spending(this.recorded()));
  }

  /** Values that entered a histogram, the open interval's included. */
  recorded(): number {
    let open = 0;
    for (const slabs of this.#options.registry.slabs) {
      for (const recorder of slabs.holders) {
        recorder.peek((_, count) => {
          open += count;
        });
      }
    }
    return this.#options.rotation.closedValues + open;
  }

  read(): SelfSnapshot {
    const { registry, rotation, callbacks, windowBytes: budgetBytes } = this.#options;
    const { tally } = registry;
    const { dropped, clamped, overflowed, series } = tallied(registry);
    const records = this.recorded();
    return Object.freeze({
      records,
      dropped: Object.freeze(dropped),
      clamped,
      overflowed,
      misuse: tally.misuse,
      attributes: Object.freeze({ ...tally.attributes }),
      callbackErrors: callbacks.callbackErrors,
      clockSteps: rotation.clockSteps,
      exports: Object.freeze(this.#options.exports()),
      series,
      expired: Object.freeze({ series: tally.expiredSeries, values: tally.expiredValues }),
      windows: Object.freeze({ ...rotation.window.tally, budgetBytes }),
      overhead: Object.freeze(this.#overhead(records)),
    });
  }

  #overhead(records: number): SelfSnapshot["overhead"] {
    const { timerMs, recordingMs, processMs, elapsedMs } = this.#spending(records);
    const { governor } = this;
    const { intervalMs } = this.#options;
    const timer = timerMs / Math.max(1, processMs);
    const recording = recordingMs / Math.max(1, processMs);
    return {
      ofCore: (timerMs + recordingMs) / Math.max(1, elapsedMs),
      ratio: timer + recording,
      timer,
      recording,
      budget: governor.budget,
      overBudget: governor.isOver,
      intervalMs: intervalMs * governor.factor,
    };
  }

  #spending(records: number): Spending {
    const { clock } = this.#options.registry;
    this.#msPerRecord ??= calibrate();
    return {
      timerMs: this.#timerMs,
      recordingMs: records * this.#msPerRecord,
      processMs: cpuMs(clock) - this.#start.cpu,
      elapsedMs: clock.now() - this.#start.now,
    };
  }
}

/** Over all instruments. */
function tallied({ instruments }: Registry) {
  const dropped = { notANumber: 0, negative: 0, infinite: 0 };
  const sums = { dropped, clamped: 0, overflowed: 0, series: 0 };
  for (const { tally, overflowed, series } of instruments.values()) {
    dropped.notANumber += tally.dropped.notANumber;
    dropped.negative += tally.dropped.negative;
    dropped.infinite += tally.dropped.infinite;
    sums.clamped += tally.clamped;
    sums.overflowed += overflowed;
    sums.series += series.size;
  }
  return sums;
}

/** Cost of one operation (two clock readings and a record) in ms, measured once, in about 2 ms. */
function calibrate(): number {
  const layout = new Layout();
  const recorder = new Recorder({
    layout,
    scale: 1000,
    tally: new ValueTally(),
    slabs: new Slabs<Recorder>(layout),
    admit: (self) => self,
  });
  const began = performance.now();
  for (let i = 0; i < CALIBRATION_RECORDS; i++) {
    const started = performance.now();
    recorder.record(performance.now() - started);
  }
  return (performance.now() - began) / CALIBRATION_RECORDS;
}
