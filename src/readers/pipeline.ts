import { type Diag, describeError } from "../diag/diag.js";
import type { Incarnation, MetricBatch } from "../snapshot/batch.js";
import { batchOf, type MetricStream } from "../snapshot/cumulative.js";
import type { SelfSnapshot } from "../snapshot/model.js";
import type { Resource } from "../snapshot/resource.js";
import { ExporterMeter } from "../snapshot/self-metrics.js";
import { type View, viewed } from "../snapshot/views.js";
import type { Clock } from "../time/clock.js";
import type { Slices } from "../time/slices.js";
import type { ResolvedPull, ResolvedPush } from "./entries.js";
import type { ExportResult, FlushResult, FlushStatus } from "./exporter.js";
import { PeriodicReader } from "./periodic.js";
import type { PullExporter, PullSource } from "./pull.js";
import { retrying } from "./retry.js";

export interface PipelineOptions {
  readonly push: readonly ResolvedPush[];
  readonly pull: readonly ResolvedPull[];
  readonly resource: Resource;
  readonly incarnation: Incarnation;
  readonly clock: Clock;
  readonly diag: Diag;
  /** Everything since the start, the open interval included. */
  readonly streams: () => Iterable<MetricStream>;
  /** How many values of histograms there are: those that have expired are nobody's to flush. */
  readonly values: () => number;
  /** What the library knows of itself. */
  readonly self: () => Iterable<MetricStream>;
  /** Told of ms of work for exporters that no timer task saw. */
  readonly onWorked: (ms: number) => void;
  /** Tells of every instrument, those there are and those to come. */
  readonly onInstrument: (tell: (shown: MetricStream["metric"]) => void) => void;
}

/** A periodic task of the monitor's timer. */
export type Every = (intervalMs: number, run: () => void, offsetMs: number) => void;

/** All exporters of a monitor, side by side: none waits for another. */
export class Pipeline {
  readonly #options: PipelineOptions;
  readonly #readers: readonly PeriodicReader[];
  readonly #meters: readonly ExporterMeter[];
  /** How many values had been recorded when a batch was taken. */
  readonly #recordedAt = new WeakMap<MetricBatch, number>();

  constructor(options: PipelineOptions) {
    this.#options = options;
    for (const { exporter, views } of options.pull) this.#attach(exporter, views);
    this.#meters = options.push.map(({ exporter }) => {
      return new ExporterMeter(exporter.name, () => exporter.tally);
    });
    this.#readers = options.push.map((entry, at) => this.#reader(entry, this.#meters[at]));
  }

  get meters(): readonly ExporterMeter[] {
    return this.#meters;
  }

  /** What became of exports, by exporter. */
  get tallies(): SelfSnapshot["exports"] {
    return Object.fromEntries(
      this.#readers.map(({ name, tally }) => [name, Object.freeze({ ...tally })]),
    );
  }

  /** What a pull exporter reads. */
  source(views: readonly View[] = []): PullSource {
    const { resource, incarnation, clock, diag, streams, self, onWorked } = this.#options;
    const view = viewed(views);
    const all = () => view(chained(streams, self));
    const onInstrument: PullSource["onInstrument"] = (tell) => {
      this.#options.onInstrument(({ name, unit, description, kind }) => {
        const metric = { name, unit, description, kind };
        for (const shown of view([{ metric, points: [] }])) tell(shown.metric);
      });
    };
    return { resource, incarnation, clock, diag, streams: all, onInstrument, onWorked };
  }

  schedule(every: Every): void {
    this.#options.push.forEach(({ intervalMs }, at) => {
      // Processes started together must not export together.
      const offset = intervalMs * (0.5 + Math.random() / 2);
      every(intervalMs, () => this.#readers[at].tick(), offset);
    });
  }

  /** Exports what there is by now with every exporter. Never rejects. */
  async flush(timeoutMs: number): Promise<FlushResult> {
    return this.#result(await Promise.all(this.#readers.map((reader) => reader.flush(timeoutMs))));
  }

  /** The same, and shuts them down. Never rejects. */
  async shutdown(timeoutMs: number): Promise<FlushResult> {
    const statuses = this.#readers.map((reader) => reader.shutdown(timeoutMs));
    return this.#result(await Promise.all(statuses));
  }

  #attach(exporter: PullExporter, views: readonly View[]): void {
    try {
      exporter.attach(this.source(views));
    } catch (error) {
      throw new TypeError(`exporter "${exporter.name}": attach threw ${describeError(error)}`);
    }
  }

  #reader({ views, ...entry }: ResolvedPush, meter: ExporterMeter): PeriodicReader {
    const { clock, diag } = this.#options;
    const view = viewed(views);
    const reader: PeriodicReader = new PeriodicReader({
      ...entry,
      exporter: retrying(entry.exporter, { clock }),
      clock,
      diag,
      collect: (slices) => this.#batch(view, slices),
      onCollect: (durationMs) => {
        meter.collected(durationMs);
        this.#options.onWorked(durationMs);
      },
      onWorked: (ms) => this.#options.onWorked(ms),
      onExport: (result, durationMs, points) => {
        const rejected = result.status === "success" ? (result.rejected ?? 0) : 0;
        meter.exported(errorTypeOf(result), points, rejected, durationMs);
      },
    });
    meter.inFlight = () => reader.inflight;
    return reader;
  }

  async #batch(view: ReturnType<typeof viewed>, slices: Slices): Promise<MetricBatch> {
    const { streams, self, values } = this.#options;
    // Before the first point is read, which no later value is in.
    const recorded = values();
    const batch = await batchOf(this.#options, view(chained(streams, self)), slices);
    this.#recordedAt.set(batch, recorded);
    return batch;
  }

  #result(exporters: readonly FlushStatus[]): FlushResult {
    const ok = exporters.every(({ status }) => status === "ok");
    const recorded = ok ? 0 : this.#options.values();
    const missing = this.#readers.map(({ acknowledged }, at) => {
      if (exporters[at].status === "ok") return 0;
      return recorded - ((acknowledged && this.#recordedAt.get(acknowledged)) ?? 0);
    });
    return Object.freeze({ ok, exporters, unflushed: Math.max(0, ...missing) });
  }
}

/** Each begins to be read when the one before is over. */
function* chained(...parts: readonly (() => Iterable<MetricStream>)[]): Generator<MetricStream> {
  for (const part of parts) yield* part();
}

function errorTypeOf(result: ExportResult): string {
  if (result.status === "success") return "";
  return result.error.name === "ExportTimeout" ? "timeout" : result.error.name || "_OTHER";
}
