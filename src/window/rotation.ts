import type { GoldenSignals } from "../instruments/golden-signals.js";
import type { HistogramSeries } from "../instruments/histogram.js";
import type { Series } from "../instruments/instrument.js";
import type { Registry } from "../instruments/registry.js";
import { BlockWriter, GAUGE_FIELDS, MAX, MIN, SUM, WEIGHT } from "./block.js";
import { Scratch } from "./merge-job.js";
import { RollingWindow } from "./rolling-window.js";

export interface RotationOptions {
  readonly intervalMs: number;
  readonly windowBytes: number;
  readonly idleSeriesMs: number;
}

/** Clocks that are only disciplined drift by less in the longest interval. */
const STEP_MS = 500;

/** Closes the open interval of every series at once, and lets idle series go. */
export class Rotation {
  readonly window: RollingWindow;
  readonly scratch = new Scratch();
  /** Monotonic and wall ms when the open interval began. */
  openSince: number;
  openSinceWall: number;
  readonly started: number;
  readonly startedWall: number;
  /** Values of histograms in closed intervals since the start. */
  closedValues = 0;
  intervals = 0;
  /** Times the wall clock went another way than the monotonic one. */
  clockSteps = 0;
  readonly #writer = new BlockWriter();
  #nextIdleCheck: number;

  constructor(
    private readonly registry: Registry,
    private readonly options: RotationOptions,
  ) {
    const { clock } = registry;
    this.started = clock.now();
    this.startedWall = clock.wall();
    this.openSince = this.started;
    this.openSinceWall = this.startedWall;
    this.#nextIdleCheck = this.started + options.idleSeriesMs;
    this.window = new RollingWindow(
      options.intervalMs,
      options.windowBytes,
      this.started,
      {
        layoutOf: (id) => registry.histograms.bySeries[id]?.layout,
        hasCounter: (id) => registry.counters.bySeries[id] !== undefined,
        hasGauge: (id) => registry.gauges.bySeries[id] !== undefined,
      },
      this.scratch,
      (count) => {
        registry.tally.expiredValues += count;
      },
    );
  }

  /** Closes the open interval; the next one begins at the same instant. */
  close(): void {
    const { registry } = this;
    const { clock } = registry;
    const end = clock.now();
    if (end <= this.openSince) return;
    const endWall = clock.wall();
    if (Math.abs(endWall - this.openSinceWall - (end - this.openSince)) > STEP_MS)
      this.clockSteps++;
    const span = { start: this.openSince, end, startWall: this.openSinceWall, endWall };
    const second = Math.floor(end / 1000);
    this.#harvest(second);
    const block = this.#writer.finish(
      span,
      this.registry.histograms.bySeries.length,
      this.#closeCounters(second),
      this.#closeGauges(second, end - this.openSince),
    );
    this.openSince = end;
    this.openSinceWall = endWall;
    registry.traces.refresh();
    this.intervals++;
    this.window.push(block);
    if (end >= this.#nextIdleCheck) this.#expireIdle(end);
  }

  #harvest(second: number): void {
    const writer = this.#writer;
    for (const slabs of this.registry.slabs) {
      for (const recorder of slabs.holders) {
        writer.begin(recorder.id);
        const count = recorder.harvest(writer.out);
        writer.end(count);
        this.closedValues += count;
        (recorder as HistogramSeries).lastActive = second;
      }
      slabs.holders = [];
      slabs.giveBack();
    }
  }

  #closeCounters(second: number): Float64Array {
    const { bySeries } = this.registry.counters;
    const deltas = new Float64Array(bySeries.length);
    for (let id = 0; id < bySeries.length; id++) {
      const series = bySeries[id];
      if (series === undefined || series.value === series.closedValue) continue;
      deltas[id] = series.value - series.closedValue;
      series.closedValue = series.value;
      series.lastActive = second;
    }
    return deltas;
  }

  #closeGauges(second: number, durationMs: number): Float64Array {
    const { bySeries } = this.registry.gauges;
    const samples = new Float64Array(bySeries.length * GAUGE_FIELDS);
    for (let id = 0; id < bySeries.length; id++) {
      const series = bySeries[id];
      if (series === undefined) continue;
      if (!Number.isNaN(series.value)) series.lastActive = second;
      sample(samples, id * GAUGE_FIELDS, series.value, durationMs);
    }
    return samples;
  }

  #expireIdle(now: number): void {
    const { registry } = this;
    const idleSince = now - this.options.idleSeriesMs;
    this.#nextIdleCheck = now + Math.max(1000, this.options.idleSeriesMs / 4);
    for (const instrument of registry.instruments.values()) {
      for (const series of instrument.series.values()) {
        if (series.lastActive * 1000 > idleSince || ownerOf(series)?.inFlight) continue;
        instrument.expire(series);
        registry.tally.expiredSeries++;
      }
    }
    for (const family of registry.families) family.expire(idleSince);
  }
}

function ownerOf(series: Series): GoldenSignals | undefined {
  return (series as { owner?: GoldenSignals }).owner;
}

/** Weighted by time: an interval that lasted long counts for as much. */
function sample(into: Float64Array, at: number, value: number, durationMs: number): void {
  if (Number.isNaN(value)) return;
  into[at + MIN] = value;
  into[at + MAX] = value;
  into[at + SUM] = value * durationMs;
  into[at + WEIGHT] = durationMs;
}
