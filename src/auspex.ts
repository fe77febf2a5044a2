import type { IncomingMessage, ServerResponse } from "node:http";
import type { Attributes } from "./attributes/attributes.js";
import { Diag, describeError } from "./diag/diag.js";
import { PrometheusExporter } from "./exporters/prometheus/exporter.js";
import { Layout } from "./histogram/layout.js";
import type { OperationFamily } from "./instruments/family.js";
import type { Operation } from "./instruments/golden-signals.js";
import { GuardedRead } from "./instruments/guarded-read.js";
import {
  type Counter,
  counter,
  described,
  type Gauge,
  gauge,
  type Histogram,
  type HistogramOptions,
  histogram,
  type InstrumentOptions,
  type Observe,
} from "./instruments/instruments.js";
import {
  INTERNALS,
  type Instrumented,
  type Internals,
  processState,
} from "./instruments/internals.js";
import { Registry, RegistryTally } from "./instruments/registry.js";
import { type RuntimeWatch, watchRuntime } from "./integrations/runtime/watch.js";
import { type AnyFunction, Binding, type WrapOptions, wrapFunction } from "./integrations/wrap.js";
import { type AuspexOptions, type ResolvedOptions, resolveOptions } from "./options.js";
import type { FlushResult, FlushStatus } from "./readers/exporter.js";
import { PeriodicReader } from "./readers/periodic.js";
import type { PullSource } from "./readers/pull.js";
import type { MetricBatch } from "./snapshot/batch.js";
import { Collector } from "./snapshot/collect.js";
import { Cumulative } from "./snapshot/cumulative.js";
import type { SelfSnapshot, Snapshot } from "./snapshot/model.js";
import { type Resource, resourceOf } from "./snapshot/resource.js";
import { SelfMeter } from "./snapshot/self.js";
import { Ticker } from "./time/ticker.js";
import { WINDOWS, type WindowName } from "./window/rolling-window.js";
import { Rotation } from "./window/rotation.js";

const SAMPLE_MS = 1000;
const DEFAULT_DEADLINE_MS = 5000;

export interface DeadlineOptions {
  /** Longest the call may take. @default 5000 */
  readonly timeoutMs?: number;
}

/**
 * A monitor of this process: records, windows, and exporters on one timer that never keeps the process
 * alive.
 *
 * Nothing it does after construction throws, blocks or prints.
 */
export class Auspex implements Instrumented {
  readonly [INTERNALS]: Internals;
  /** Answers a Prometheus scrape; mount it: `app.get("/metrics", auspex.metrics)`. */
  readonly metrics: (request: IncomingMessage | object, response: ServerResponse | object) => void;
  readonly resource: Resource;
  readonly #options: ResolvedOptions;
  readonly #registry: Registry;
  readonly #diag: Diag;
  readonly #rotation: Rotation;
  readonly #collector: Collector;
  readonly #cumulative: Cumulative;
  readonly #self: SelfMeter;
  readonly #ticker: Ticker;
  readonly #operations: OperationFamily;
  readonly #readers: PeriodicReader[];
  readonly #observed = new Set<GuardedRead>();
  readonly #samplers = new Set<(elapsedMs: number) => void>();
  readonly #incarnation: MetricBatch["incarnation"];
  readonly #runtime: RuntimeWatch | undefined;
  readonly #prometheus: PrometheusExporter;
  #shutdown: Promise<FlushResult> | undefined;

  constructor(given?: AuspexOptions) {
    const options = resolveOptions(given);
    const { clock } = options;
    this.#options = options;
    this.#diag = new Diag(options.logger, options.onError);
    this.resource = resourceOf(options.service, options.attributes, process.env);
    const { lowestUs: lowest, highestUs: highest, significantDigits } = options;
    const layout = new Layout({ lowest, highest, significantDigits });
    const { cardinalityLimit } = options;
    const tally = new RegistryTally();
    this.#registry = new Registry({ clock, diag: this.#diag, cardinalityLimit, layout, tally });
    this.#rotation = new Rotation(this.#registry, options);
    this.#self = new SelfMeter(this.#registry, this.#rotation, options.windowBytes, () =>
      this.#exports(),
    );
    const service = String(this.resource.attributes["service.name"]);
    const self = () => this.#self.read();
    this.#collector = new Collector(this.#registry, this.#rotation, { service, self });
    this.#cumulative = new Cumulative(this.#registry, this.#rotation);
    this.#operations = this.#registry.family(
      {
        name: "auspex.operation.duration",
        kind: "histogram",
        unit: "s",
        description: "Duration of operations.",
      },
      {
        name: "auspex.operation.active",
        unit: "{operation}",
        description: "Operations begun and not ended.",
        named: true,
      },
    );
    this[INTERNALS] = {
      registry: this.#registry,
      diag: this.#diag,
      operation: (name, attributes) => this.operation(name, attributes),
      observe: (read, set) => this.#observe(read, set),
      sample: (run) => {
        this.#samplers.add(run);
        return () => this.#samplers.delete(run);
      },
      showSaturation: (instrument) => this.#collector.saturations.add(instrument),
      callbacks: this.#self,
    };
    this.#incarnation = Object.freeze({
      id: `${process.pid}-${Math.round(clock.wall()).toString(36)}-${Math.random().toString(36).slice(2, 10)}`,
      startTimeMs: this.#rotation.startedWall,
    });
    this.#prometheus = new PrometheusExporter();
    for (const exporter of [this.#prometheus, ...options.pull]) exporter.attach(this.#source());
    this.metrics = this.#prometheus.handler;
    this.#readers = options.enabled ? options.push.map((entry) => this.#reader(entry)) : [];
    this.#ticker = new Ticker(clock, (error) => {
      this.#diag.warn("timer", `a timer task failed: ${describeError(error)}`);
    });
    this.#runtime =
      options.enabled && options.saturation
        ? watchRuntime(this.#registry, (gauge) => this.#collector.saturations.add(gauge))
        : undefined;
    if (options.enabled) this.#start();
    const state = processState();
    state.monitors.push(this);
    state.generation++;
  }

  /**
   * An operation bound to its attributes: get or create. Keep it; its methods are the hot path.
   *
   * Never throws: beyond the series limit it is the operation that takes what the limit turned away.
   */
  operation(name: string, attributes?: Attributes): Operation {
    return this.#operations.operation(name, attributes);
  }

  /** A function that records each call of `fn` and is otherwise the same. */
  wrap<F extends AnyFunction>(name: string, fn: F, options: Omit<WrapOptions, "auspex"> = {}): F {
    if (typeof fn !== "function") return fn;
    return wrapFunction(fn, new Binding(() => name, { ...options, auspex: this }));
  }

  counter(name: string, options?: InstrumentOptions): Counter {
    return counter(this.#registry, name, options);
  }

  gauge(name: string, options?: InstrumentOptions): Gauge {
    return gauge(this.#registry, name, options, (read, set) => this.#observe(read, set));
  }

  histogram(name: string, options?: HistogramOptions): Histogram {
    return histogram(this.#registry, name, options);
  }

  /**
   * Watches how full something is: `read` answers 0 (idle) to 1 (full) and is called once a second.
   *
   * It may answer a promise; what throws, hangs or answers nonsense is counted.
   * @returns stop
   */
  saturation(
    name: string,
    read: () => number | Promise<number>,
    options: InstrumentOptions & { readonly attributes?: Attributes } = {},
  ): () => void {
    const instrument = this.#registry.gauge({
      ...described(name, { unit: "1", description: `Saturation of ${name}.`, ...options }),
      kind: "gauge",
    });
    this.#collector.saturations.add(instrument);
    const series = this.#registry.bindGauge(instrument, options.attributes);
    return this.#observe(read, (value) => {
      series.set(value);
      series.saturation = Math.min(1, Math.max(0, value));
    });
  }

  /**
   * All that is known about a window, the open interval included. Immutable.
   * @param window - `"10s"`, `"1m"`, `"5m"`, `"1h"` or `"total"`; anything else is `"1m"`
   */
  snapshot(window: WindowName = "1m"): Snapshot {
    return this.#collector.snapshot(WINDOWS.includes(window) ? window : "1m");
  }

  /** The Prometheus page that `metrics` serves. */
  text(): Promise<string> {
    return this.#prometheus.text();
  }

  /** Exports everything recorded so far with every exporter. Never rejects. */
  async forceFlush(options: DeadlineOptions = {}): Promise<FlushResult> {
    const timeoutMs = deadline(options);
    return this.#result(await Promise.all(this.#readers.map((reader) => reader.flush(timeoutMs))));
  }

  /**
   * Exports the last, partial interval, stops the timer and shuts every exporter down, within the
   * deadline. Never rejects; later calls get the first one's result.
   */
  shutdown(options: DeadlineOptions = {}): Promise<FlushResult> {
    this.#shutdown ??= this.#finish(deadline(options));
    return this.#shutdown;
  }

  async #finish(timeoutMs: number): Promise<FlushResult> {
    this.#ticker.stop();
    this.#runtime?.stop();
    this.#observed.clear();
    this.#samplers.clear();
    const state = processState();
    state.monitors = state.monitors.filter((monitor) => monitor !== this);
    state.generation++;
    const statuses = await Promise.all(this.#readers.map((reader) => reader.shutdown(timeoutMs)));
    const result = this.#result(statuses);
    if (result.unflushed > 0) {
      this.#diag.warn("shutdown", `shut down with ${result.unflushed} values not exported`);
    }
    return result;
  }

  #start(): void {
    const { intervalMs } = this.#options;
    const { clock } = this.#options;
    let sampled = clock.now();
    this.#every(Math.max(SAMPLE_MS, intervalMs), () => {
      const now = clock.now();
      this.#runtime?.sample(now - sampled);
      for (const sample of this.#samplers) sample(now - sampled);
      sampled = now;
      for (const read of this.#observed) read.poll();
    });
    this.#every(intervalMs, () => this.#rotation.close());
    this.#options.push.forEach((entry, at) => {
      // Processes started together must not export together.
      const offset = entry.intervalMs * (0.5 + Math.random() / 2);
      this.#every(entry.intervalMs, () => this.#readers[at].tick(), offset);
    });
  }

  #every(intervalMs: number, run: () => void, offsetMs?: number): void {
    this.#ticker.every(intervalMs, () => this.#self.meter(run), offsetMs);
  }

  #observe(read: () => unknown, set: Parameters<Observe>[1]): () => void {
    const guarded = new GuardedRead(read, set, this.#self);
    this.#observed.add(guarded);
    guarded.poll();
    return () => this.#observed.delete(guarded);
  }

  #exports(): SelfSnapshot["exports"] {
    return Object.fromEntries(
      this.#readers.map(({ name, tally }) => [name, Object.freeze({ ...tally })]),
    );
  }

  #reader(entry: ResolvedOptions["push"][number]): PeriodicReader {
    return new PeriodicReader({
      ...entry,
      collect: () => this.#batch(),
      clock: this.#options.clock,
      diag: this.#diag,
    });
  }

  #batch(): MetricBatch {
    return Object.freeze({
      resource: this.resource,
      incarnation: this.#incarnation,
      temporality: "cumulative",
      from: this.#rotation.startedWall,
      to: this.#options.clock.wall(),
      metrics: this.#cumulative.metrics(),
    });
  }

  #source(): PullSource {
    const { clock } = this.#options;
    const { resource } = this;
    const incarnation = this.#incarnation;
    return {
      resource,
      incarnation,
      clock,
      diag: this.#diag,
      streams: () => this.#cumulative.streams(),
    };
  }

  #result(exporters: readonly FlushStatus[]): FlushResult {
    const recorded = this.#self.recorded();
    const missing = this.#readers.map((reader, at) => {
      return exporters[at].status === "ok" ? 0 : recorded - valuesIn(reader.acknowledged);
    });
    const ok = exporters.every(({ status }) => status === "ok");
    return Object.freeze({ ok, exporters, unflushed: Math.max(0, ...missing) });
  }
}

/**
 * Makes a monitor of this process.
 *
 * @throws OptionsError listing every fault of the options and how to mend it
 */
export function createAuspex(options?: AuspexOptions): Auspex {
  return new Auspex(options);
}

function deadline(options: DeadlineOptions | null): number {
  const timeoutMs = options?.timeoutMs ?? DEFAULT_DEADLINE_MS;
  return Number.isFinite(timeoutMs) && timeoutMs > 0 ? timeoutMs : DEFAULT_DEADLINE_MS;
}

function valuesIn(batch: MetricBatch | undefined): number {
  let values = 0;
  for (const metric of batch?.metrics ?? []) {
    if (metric.kind !== "histogram") continue;
    for (const point of metric.points) values += point.histogram.count;
  }
  return values;
}
