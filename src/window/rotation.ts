import type { GoldenSignals } from "../instruments/golden-signals.js";
import type { HistogramSeries } from "../instruments/histogram.js";
import type { Series } from "../instruments/instrument.js";
import type { Registry } from "../instruments/registry.js";
import { type Block, BlockWriter, GAUGE_FIELDS, MAX, MIN, SUM, WEIGHT } from "./block.js";
import { Frame } from "./frame.js";
import { type Living, MergeJob, Scratch } from "./merge-job.js";
import { RollingWindow, type WindowName } from "./rolling-window.js";

export interface RotationOptions {
  readonly intervalMs: number;
  readonly windowBytes: number;
  readonly idleSeriesMs: number;
}

/** Clocks that are only disciplined drift by less in the longest interval. */
const STEP_MS = 500;

/** Parts of one interval beyond which they are merged: readers may come more often than it closes. */
const MOST_PARTS = 16;
/** Blocks of different values never cover the same time, even on a clock that stands still. */
const LEAST_MS = 1 / 1024;
const NONE = new Float64Array(0);

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
  readonly #living: Living;
  /** Of the open interval, oldest first: the histograms that a reader of frames has had closed already. */
  #parts: Block[] = [];
  #frame: Frame | undefined;
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
    this.#living = {
      layoutOf: (id) => registry.histograms.bySeries[id]?.layout,
      hasCounter: (id) => registry.counters.bySeries[id] !== undefined,
      hasGauge: (id) => registry.gauges.bySeries[id] !== undefined,
    };
    this.window = new RollingWindow(
      options.intervalMs,
      options.windowBytes,
      this.started,
      this.#living,
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
    const now = clock.now();
    if (now <= this.openSince) return;
    const end = Math.max(now, (this.#parts.at(-1)?.end ?? Number.NEGATIVE_INFINITY) + LEAST_MS);
    const endWall = clock.wall();
    if (Math.abs(endWall - this.openSinceWall - (end - this.openSince)) > STEP_MS)
      this.clockSteps++;
    const span = { start: this.openSince, end, startWall: this.openSinceWall, endWall };
    const second = Math.floor(end / 1000);
    this.#harvest(second);
    const rest = this.#writer.finish(
      span,
      this.registry.histograms.bySeries.length,
      this.#closeCounters(second),
      this.#closeGauges(second, end - this.openSince),
    );
    const block = this.#parts.length === 0 ? rest : this.#merged([...this.#parts, rest]);
    this.#parts = [];
    this.openSince = end;
    this.openSinceWall = endWall;
    registry.traces.refresh();
    this.intervals++;
    this.window.push(block);
    if (end >= this.#nextIdleCheck) this.#expireIdle(end);
  }

  /** The blocks of a window that ends now, newest first; what recorders hold is in none of them. */
  blocks(window: WindowName): Block[] {
    return [...this.#parts.toReversed(), ...this.window.blocks(window, this.registry.clock.now())];
  }

  /** Everything there is by now. The values of the open interval become a part of it, closed on their own. */
  frame(): Frame {
    const { registry } = this;
    const isIdle = registry.slabs.every(({ holders }) => holders.length === 0);
    if (!isIdle) this.#part();
    const before = this.#frame;
    const blocks = this.blocks("total");
    const ids = registry.histograms.bySeries.length;
    if (before?.is(blocks, ids)) return before;
    this.#frame = new Frame(blocks, ids, before);
    return this.#frame;
  }

  #part(): void {
    const { clock, histograms } = this.registry;
    const start = this.#parts.at(-1)?.end ?? this.openSince;
    const end = Math.max(clock.now(), start + LEAST_MS);
    const startWall = this.#parts.at(-1)?.endWall ?? this.openSinceWall;
    this.#harvest(Math.floor(end / 1000));
    const span = { start, end, startWall, endWall: clock.wall() };
    this.#parts.push(this.#writer.finish(span, histograms.bySeries.length, NONE, NONE));
    if (this.#parts.length > MOST_PARTS) this.#parts = [this.#merged(this.#parts)];
  }

  #merged(parts: readonly Block[]): Block {
    const job = new MergeJob(parts, this.#living, this.scratch);
    return job.step(Number.POSITIVE_INFINITY) as Block;
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
