import { Layout } from "../histogram/layout.js";
import { Recorder, ValueTally } from "../histogram/recorder.js";
import { Slabs } from "../histogram/slabs.js";
import type { CallbackTally } from "../instruments/guarded-read.js";
import type { Registry } from "../instruments/registry.js";
import type { Rotation } from "../window/rotation.js";
import type { SelfSnapshot } from "./model.js";

const CALIBRATION_RECORDS = 20_000;

/** What the library costs and what it lost: measured where it can be, else estimated and named so. */
export class SelfMeter implements CallbackTally {
  callbackErrors = 0;
  #timerMs = 0;
  #msPerRecord: number | undefined;
  readonly #began = performance.now();
  readonly #cpuAtStart = process.cpuUsage();

  constructor(
    private readonly registry: Registry,
    private readonly rotation: Rotation,
    private readonly windowBudget: number,
    private readonly exports: () => SelfSnapshot["exports"],
  ) {}

  /** Runs a timer task and books its time. */
  meter(task: () => void): void {
    const began = performance.now();
    try {
      task();
    } finally {
      this.#timerMs += performance.now() - began;
    }
  }

  /** Values that entered a histogram, the open interval's included. */
  recorded(): number {
    let open = 0;
    for (const slabs of this.registry.slabs) {
      for (const recorder of slabs.holders) {
        recorder.peek((_, count) => {
          open += count;
        });
      }
    }
    return this.rotation.closedValues + open;
  }

  read(): SelfSnapshot {
    const { tally } = this.registry;
    const dropped = { notANumber: 0, negative: 0, infinite: 0 };
    let clamped = 0;
    let overflowed = 0;
    let series = 0;
    for (const instrument of this.registry.instruments.values()) {
      dropped.notANumber += instrument.tally.dropped.notANumber;
      dropped.negative += instrument.tally.dropped.negative;
      dropped.infinite += instrument.tally.dropped.infinite;
      clamped += instrument.tally.clamped;
      overflowed += instrument.overflowed;
      series += instrument.series.size;
    }
    const records = this.recorded();
    return Object.freeze({
      records,
      dropped: Object.freeze(dropped),
      clamped,
      overflowed,
      misuse: tally.misuse,
      attributes: Object.freeze({ ...tally.attributes }),
      callbackErrors: this.callbackErrors,
      exports: Object.freeze(this.exports()),
      series,
      expired: Object.freeze({ series: tally.expiredSeries, values: tally.expiredValues }),
      windows: Object.freeze({ ...this.rotation.window.tally, budgetBytes: this.windowBudget }),
      overhead: Object.freeze(this.#overhead(records)),
    });
  }

  #overhead(records: number): SelfSnapshot["overhead"] {
    const { user, system } = process.cpuUsage(this.#cpuAtStart);
    const cpuMs = Math.max(1, (user + system) / 1000);
    this.#msPerRecord ??= calibrate();
    const recordingMs = records * this.#msPerRecord;
    const timer = this.#timerMs / cpuMs;
    const recording = recordingMs / cpuMs;
    const elapsedMs = Math.max(1, performance.now() - this.#began);
    const ofCore = (this.#timerMs + recordingMs) / elapsedMs;
    return { ofCore, ratio: timer + recording, timer, recording };
  }
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
