import { Detection } from "./detectors/watch/detection.js";
import { Diag, describeError } from "./diag/diag.js";
import { guardedCall } from "./diag/guarded-call.js";
import { Layout } from "./histogram/layout.js";
import { TraceSource } from "./instruments/exemplars.js";
import type { GaugeSeries } from "./instruments/gauge.js";
import { GuardedRead } from "./instruments/guarded-read.js";
import type { Instrument } from "./instruments/instrument.js";
import { counter, gauge } from "./instruments/instruments.js";
import { LatencyLimit } from "./instruments/latency-limit.js";
import { Registry, RegistryTally } from "./instruments/registry.js";
import { Views } from "./instruments/view.js";
import { watchRuntime } from "./integrations/runtime/watch.js";
import type { ResolvedOptions } from "./options.js";
import { Events } from "./readers/events.js";
import type { FlushResult } from "./readers/exporter.js";
import { Pipeline } from "./readers/pipeline.js";
import type { WatchContext, Watcher } from "./readers/watcher.js";
import { sharedSnapshots, Watching } from "./readers/watching.js";
import { Collector } from "./snapshot/collect.js";
import { Cumulative, type MetricStream } from "./snapshot/cumulative.js";
import type { AuspexEvent } from "./snapshot/events.js";
import type { Resource } from "./snapshot/resource.js";
import { SelfMeter } from "./snapshot/self.js";
import { SelfHistogram } from "./snapshot/self-histogram.js";
import { SELF_METRICS, selfStreams } from "./snapshot/self-metrics.js";
import { viewed } from "./snapshot/views.js";
import type { FileStore } from "./state/file-store.js";
import type { FleetServices, StateStore } from "./state/services.js";
import { Ticker } from "./time/ticker.js";
import { Rotation } from "./window/rotation.js";

const SAMPLE_MS = 1000;
const GOVERN_MS = 10_000;

/** The machine behind a monitor: every room, joined once, and the tasks of its one timer. */
export class Core {
  readonly diag: Diag;
  readonly registry: Registry;
  readonly rotation: Rotation;
  readonly collector: Collector;
  readonly cumulative: Cumulative;
  readonly self: SelfMeter;
  readonly pipeline: Pipeline;
  readonly callbacks = { callbackErrors: 0 };
  readonly events = new Events(this.callbacks);
  readonly #watching: Watching;
  readonly #options: ResolvedOptions;
  readonly #context: WatchContext;
  readonly #store: ReturnType<typeof storeOf>;
  readonly #ticker: Ticker;
  readonly #closing = new SelfHistogram();
  readonly #viewSelf: ReturnType<typeof viewed>;
  readonly #observed = new Set<GuardedRead>();
  readonly #stops: (() => void)[] = [];
  readonly #samplers = new Set<(elapsedMs: number) => void>();

  constructor(options: ResolvedOptions, resource: Resource) {
    const { clock, enabled } = options;
    const { callbacks } = this;
    this.#options = options;
    this.#viewSelf = viewed(options.views);
    const diag = new Diag(options.logger, options.onError);
    this.diag = diag;
    const { lowestUs: lowest, highestUs: highest, significantDigits } = options;
    const registry = new Registry({
      clock,
      diag,
      cardinalityLimit: options.cardinalityLimit,
      layout: new Layout({ lowest, highest, significantDigits }),
      tally: new RegistryTally(),
      views: new Views(options.views),
      reserved: new Set(SELF_METRICS),
      traces: new TraceSource({ ...options, wall: () => clock.wall(), tally: callbacks }),
    });
    this.registry = registry;
    const rotation = new Rotation(registry, options);
    this.rotation = rotation;
    const exports = () => this.pipeline.tallies;
    this.self = new SelfMeter({ ...options, registry, rotation, callbacks, exports });
    const self = () => this.self.read();
    const service = String(resource.attributes["service.name"]);
    this.collector = new Collector(registry, rotation, { service, self });
    this.cumulative = new Cumulative(registry, rotation, this.collector.saturations);
    const incarnation = incarnationOf(clock.wall(), rotation.startedWall);
    this.pipeline = new Pipeline({
      ...options,
      push: enabled ? options.push : [],
      diag,
      resource,
      incarnation,
      streams: () => this.cumulative.streams(),
      values: () => this.cumulative.values(),
      self: () => this.#selfStreams(),
      onWorked: (ms) => this.self.spent(ms),
      onInstrument: (tell) => registry.onInstrument(tell),
    });
    const services = options.push.map(({ exporter }) => exporter.services).find(Boolean);
    this.#store = storeOf(options.state, service, services);
    this.#context = {
      service,
      resource,
      incarnation,
      clock,
      diag,
      snapshot: sharedSnapshots((window) => this.collector.snapshot(window), clock),
      emit: (event) => this.emit(event),
      on: (type, listener) => this.events.on(type, listener),
      counter: (name, about) => counter(registry, name, about),
      gauge: (name, about) => gauge(registry, name, about, (read, set) => this.observe(read, set)),
      latencyLimit: (limitMs, matches) => {
        const limit = new LatencyLimit(limitMs, (of) => {
          return guardedCall(() => matches(of), callbacks) === true;
        });
        registry.hold(limit);
        return limit;
      },
      store: this.#store,
      services,
    };
    this.#ticker = new Ticker(clock, (error) => {
      diag.warn("timer", `a timer task failed: ${describeError(error)}`);
    });
    for (const { exporter } of enabled ? options.push : []) {
      guardedCall(() => exporter.belongTo?.({ resource, incarnation }, diag), callbacks);
    }
    const onWorked = (ms: number) => this.self.spent(ms);
    this.#watching = new Watching({ clock, diag, tally: callbacks, onWorked });
    if (!enabled) return;
    if (options.saturation) {
      const { saturations } = this.collector;
      const show = (gauge: Instrument<GaugeSeries>) => void saturations.add(gauge);
      const runtime = watchRuntime(registry, show, options.saturation);
      this.sample((elapsedMs) => runtime.sample(elapsedMs));
      this.onStop(() => runtime.stop());
    }
    this.#start();
  }

  /** Reads a foreign number once a second. @returns stop */
  observe(read: () => unknown, set: (value: number) => void): () => void {
    const guarded = new GuardedRead(read, set, this.callbacks);
    this.#observed.add(guarded);
    guarded.poll();
    return () => this.#observed.delete(guarded);
  }

  /** Calls `run` with each sample of the runtime. @returns stop */
  sample(run: (elapsedMs: number) => void): () => void {
    this.#samplers.add(run);
    return () => this.#samplers.delete(run);
  }

  /** Calls `stop` at shutdown. */
  onStop(stop: () => void): void {
    this.#stops.push(stop);
  }

  /** Stops the timer and everything on it, then the exporters. */
  async shutdown(timeoutMs: number): Promise<FlushResult> {
    const { clock } = this.#options;
    const until = clock.now() + timeoutMs;
    this.#ticker.stop();
    for (const stop of this.#stops) stop();
    this.#observed.clear();
    this.#samplers.clear();
    // Before the exporters: what watchers say last, and their state, may go through one.
    await this.#watching.stop(timeoutMs / 2);
    void this.#store?.close?.().catch(() => {});
    const result = await this.pipeline.shutdown(Math.max(1, until - clock.now()));
    this.events.clear();
    if (result.unflushed > 0) {
      this.diag.warn("shutdown", `shut down with ${result.unflushed} values not exported`);
    }
    return result;
  }

  #start(): void {
    const { intervalMs, clock } = this.#options;
    this.#paced(Math.max(SAMPLE_MS, intervalMs), this.#sampler());
    this.#paced(intervalMs, () => {
      const began = clock.now();
      this.rotation.close();
      this.#closing.record(clock.now() - began);
    });
    this.#every(GOVERN_MS, () => this.#govern());
    this.pipeline.schedule((every, run, offset) => this.#every(every, run, offset));
    const { detectors, watchers } = this.#options;
    if (detectors !== undefined) this.watch(new Detection(detectors, this.callbacks));
    for (const watcher of watchers) this.watch(watcher);
  }

  /** Runs a watcher on the timer, less often while the library is over its budget. */
  watch(watcher: Watcher): void {
    if (!this.#options.enabled) return;
    this.#watching.add(watcher, this.#context, (every, run) => this.#paced(every, run));
  }

  /** Tells listeners, and exporters that pass events on. */
  emit(event: AuspexEvent): void {
    this.events.emit(event);
    for (const { exporter } of this.#options.push) {
      guardedCall(() => exporter.onEvent?.(event), this.callbacks);
    }
  }

  #sampler(): () => void {
    const { clock } = this.#options;
    let sampled = clock.now();
    return () => {
      const now = clock.now();
      const elapsedMs = now - sampled;
      sampled = now;
      for (const sample of this.#samplers) sample(elapsedMs);
      for (const read of this.#observed) read.poll();
    };
  }

  #govern(): void {
    if (!this.self.govern()) return;
    const { budget, factor, isOver } = this.self.governor;
    const seconds = (this.#options.intervalMs * factor) / 1000;
    const why = isOver ? "over" : "within";
    this.diag.warn(
      `overhead:${factor}`,
      `${why} the overhead budget of ${budget * 100} %: intervals last ${seconds} s`,
    );
  }

  #every(intervalMs: number, run: () => void, offsetMs?: number): void {
    this.#ticker.every(intervalMs, () => this.self.meter(run), offsetMs);
  }

  /** A task that is done less often while the library is over its budget. */
  #paced(intervalMs: number, run: () => void): void {
    const { governor } = this.self;
    let waited = 0;
    this.#every(intervalMs, () => {
      if (++waited < governor.factor) return;
      waited = 0;
      run();
    });
  }

  #selfStreams(): Iterable<MetricStream> {
    if (!this.#options.selfMetrics) return [];
    return this.#viewSelf(selfStreams(this.self.read(), this.pipeline.meters, this.#closing));
  }
}

/** The host's store; the fleet's; else files, which are loaded when something is to be kept. */
function storeOf(
  state: ResolvedOptions["state"],
  service: string,
  services: FleetServices | undefined,
): (StateStore & { close?(): Promise<void> }) | undefined {
  if (state === false) return undefined;
  if (typeof state === "object") return state;
  if (state === true && services !== undefined) return services.store;
  const directory = state === true ? undefined : state;
  let files: Promise<FileStore> | undefined;
  const opened = () => {
    files ??= import("./state/file-store.js").then(({ fileStore }) =>
      fileStore({ service, ...(directory !== undefined && { directory }) }),
    );
    return files;
  };
  return {
    name: "file",
    load: async (key) => (await opened()).load(key),
    save: async (key, value) => (await opened()).save(key, value),
    close: async () => (await files)?.close(),
  };
}

function incarnationOf(wall: number, startTimeMs: number): { id: string; startTimeMs: number } {
  const random = Math.random().toString(36).slice(2, 10);
  const id = `${process.pid}-${Math.round(wall).toString(36)}-${random}`;
  return Object.freeze({ id, startTimeMs });
}
