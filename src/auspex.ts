import type { IncomingMessage, ServerResponse } from "node:http";
import { type Attributes, textOf } from "./attributes/attributes.js";
import { Core } from "./core.js";
import { readFields } from "./diag/read-fields.js";
import { PrometheusExporter } from "./exporters/prometheus/exporter.js";
import type { MetricsPage } from "./exporters/prometheus/include.js";
import type { OperationFamily } from "./instruments/family.js";
import type { Operation } from "./instruments/golden-signals.js";
import {
  type Counter,
  counter,
  type Gauge,
  gauge,
  type Histogram,
  type HistogramOptions,
  histogram,
  type InstrumentOptions,
} from "./instruments/instruments.js";
import {
  INTERNALS,
  type Instrumented,
  type Internals,
  processState,
} from "./instruments/internals.js";
import { operationsOf } from "./instruments/operations.js";
import { saturation } from "./instruments/saturation.js";
import {
  type Dependency,
  type DependencyOptions,
  dependency,
} from "./integrations/outbound/dependency.js";
import { watchOutbound } from "./integrations/outbound/watch.js";
import {
  type Cache,
  type CacheOptions,
  type CacheReadings,
  cache,
  type Pool,
  type PoolOptions,
  type PoolReadings,
  pool,
  type Queue,
  type QueueOptions,
  type QueueReadings,
  queue,
  type Workers,
  type WorkersOptions,
  type WorkersReadings,
  workers,
} from "./integrations/resources/index.js";
import { type AnyFunction, Binding, type WrapOptions, wrapFunction } from "./integrations/wrap.js";
import { type AuspexOptions, resolveOptions } from "./options.js";
import type { FlushResult } from "./readers/exporter.js";
import type { Watcher } from "./readers/watcher.js";
import { detectResource } from "./snapshot/detect-resource.js";
import type { EventMap } from "./snapshot/events.js";
import type { Snapshot } from "./snapshot/model.js";
import { type Resource, resourceOf } from "./snapshot/resource.js";
import { WINDOWS, type WindowName } from "./window/rolling-window.js";
import { series } from "./workload/series/index.js";
import type { Series, SeriesOptions } from "./workload/series/series.js";

const DEPENDENCY = [
  "kind",
  "system",
  "namespace",
  "destination",
  "address",
  "port",
  "attributes",
] as const satisfies readonly (keyof DependencyOptions)[];

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
  readonly #core: Core;
  readonly #operations: OperationFamily;
  readonly #prometheus = new PrometheusExporter();
  #shutdown: Promise<FlushResult> | undefined;

  constructor(given?: AuspexOptions) {
    const options = resolveOptions(given);
    const detected = options.detectResource ? detectResource() : {};
    this.resource = resourceOf(options.service, options.attributes, process.env, detected);
    const core = new Core(options, this.resource);
    this.#core = core;
    this.#operations = operationsOf(core.registry);
    this[INTERNALS] = {
      registry: core.registry,
      diag: core.diag,
      operation: (name, attributes) => this.operation(name, attributes),
      observe: (read, set) => core.observe(read, set),
      sample: (run) => core.sample(run),
      showSaturation: (instrument) => core.collector.saturations.add(instrument),
      callbacks: core.callbacks,
      watch: (watcher) => core.watch(watcher as Watcher),
      source: () => core.pipeline.source(),
    };
    this.#prometheus.attach(core.pipeline.source());
    this.metrics = this.#prometheus.handler;
    if (options.enabled && options.outbound !== undefined) {
      core.onStop(watchOutbound(this, options.outbound));
    }
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
    const { attributes } = readFields(options, ["attributes"]);
    try {
      return wrapFunction(fn, new Binding(() => name, { attributes, auspex: this }));
    } catch {
      // A Proxy whose traps throw: it cannot be made to look the same.
      this.#core.registry.tally.misuse++;
      return fn;
    }
  }

  /**
   * Something this service depends on, a database or a queue: its operations, under the names of the
   * semantic conventions, and an edge of the dependency map. The kind is told from well-known names.
   */
  dependency(name: string, options?: DependencyOptions): Dependency {
    return dependency(this, name, readFields(options, DEPENDENCY));
  }

  counter(name: string, options?: InstrumentOptions): Counter {
    return counter(this.#core.registry, name, options);
  }

  gauge(name: string, options?: InstrumentOptions): Gauge {
    return gauge(this.#core.registry, name, options, (read, set) => this.#core.observe(read, set));
  }

  histogram(name: string, options?: HistogramOptions): Histogram {
    return histogram(this.#core.registry, name, options);
  }

  /**
   * Watches a pool: `pg.Pool`, `http.Agent` and other known ones as they are, any other by functions.
   * The handle records waits. Never throws.
   */
  pool(name: string, source?: PoolReadings | object, options?: PoolOptions): Pool {
    return pool(this, name, source, readFields(options, ["kind", "max", "attributes"]));
  }

  /** Watches a queue: depth, age and rates, and by Little's law how long one waits in it. */
  queue(name: string, source?: QueueReadings | object, options?: QueueOptions): Queue {
    const fields = readFields(options, ["capacity", "oldestAgeMs", "attributes"]);
    return queue(this, name, source, fields);
  }

  /** Watches a cache: hits, misses, evictions, and how full it is. */
  cache(name: string, source?: CacheReadings | object, options?: CacheOptions): Cache {
    return cache(this, name, source, readFields(options, ["max", "unit", "attributes"]));
  }

  /** Watches a pool of workers: how many there are, how many are busy, and what waits for them. */
  workers(name: string, source?: WorkersReadings | object, options?: WorkersOptions): Workers {
    return workers(this, name, source, readFields(options, ["attributes"]));
  }

  /**
   * A series of values by step, of a training say, with its trend, plateau and convergence: get or create.
   * @param name - `category:subject:metric`: `training:proj-1:loss`
   */
  series(name: string, options?: SeriesOptions): Series {
    return series(this, name, options);
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
    options?: InstrumentOptions & { readonly attributes?: Attributes },
  ): () => void {
    return saturation(this, name, read, options);
  }

  /**
   * All that is known about a window, the open interval included. Immutable.
   * @param window - `"10s"`, `"1m"`, `"5m"`, `"1h"` or `"total"`; anything else is `"1m"`
   */
  snapshot(window: WindowName = "1m"): Snapshot {
    return this.#core.collector.snapshot(WINDOWS.includes(window) ? window : "1m");
  }

  /**
   * Listens to what detectors, SLOs and alerts tell. What the listener throws is counted.
   * @returns stop
   */
  on<T extends keyof EventMap>(type: T, listener: (event: EventMap[T]) => void): () => void {
    if (typeof listener === "function") return this.#core.events.on(type, listener);
    this.#core.registry.tally.misuse++;
    return () => {};
  }

  /** Puts another page, `fromPromClient(register)` say, behind ours in `metrics` and `text()`. @returns stop */
  include(page: MetricsPage): () => void {
    const { name, read } = readFields(page, ["name", "read"]);
    return this.#prometheus.include({
      name: textOf(name),
      read: () => Reflect.apply(read as MetricsPage["read"], page, []),
    });
  }

  /** The Prometheus page that `metrics` serves. */
  text(): Promise<string> {
    return this.#prometheus.text();
  }

  /** Exports everything recorded so far with every exporter. Never rejects. */
  forceFlush(options: DeadlineOptions = {}): Promise<FlushResult> {
    return this.#core.pipeline.flush(deadline(options));
  }

  /**
   * Exports the last, partial interval, stops the timer and shuts every exporter down, within the
   * deadline. Never rejects; later calls get the first one's result.
   */
  shutdown(options: DeadlineOptions = {}): Promise<FlushResult> {
    if (this.#shutdown === undefined) {
      this.#shutdown = this.#core.shutdown(deadline(options));
      const state = processState();
      state.monitors = state.monitors.filter((monitor) => monitor !== this);
      state.generation++;
    }
    return this.#shutdown;
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
  const { timeoutMs } = readFields(options, ["timeoutMs"]);
  const isGiven = typeof timeoutMs === "number" && timeoutMs > 0 && timeoutMs < Infinity;
  return isGiven ? timeoutMs : DEFAULT_DEADLINE_MS;
}
