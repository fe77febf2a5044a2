import { type Alerts, type AlertsOptions, alerts, type Notice, type Notifier } from "auspex/alerts";
import { Diag } from "../../src/diag/diag.js";
import { Events } from "../../src/readers/events.js";
import type { WatchContext } from "../../src/readers/watcher.js";
import type { AlertEvent, Anomaly, Incident } from "../../src/snapshot/events.js";
import type {
  AttributesData,
  OperationSnapshot,
  SaturationSnapshot,
  Snapshot,
} from "../../src/snapshot/model.js";
import type { FleetServices, StateStore } from "../../src/state/services.js";
import { ManualClock } from "../helpers/manual-clock.js";

/** Figures of one operation, as a test says them. */
export interface OperationFigures {
  readonly name: string;
  readonly attributes?: AttributesData;
  readonly instrument?: string;
  /** Every percentile of the latency, in ms. */
  readonly ms?: number;
  /** Requests in the window. */
  readonly count?: number;
  readonly errors?: number;
}

export function operationOf(figures: OperationFigures): OperationSnapshot {
  const { name, attributes = {}, instrument = "auspex.operation.duration", ms = 10 } = figures;
  const { count = 100, errors = 0 } = figures;
  return {
    name,
    attributes,
    instrument,
    latency: latencyOf(ms, count - errors),
    traffic: { count, perSecond: count / 60 },
    errors: {
      count: errors,
      ratio: count === 0 ? 0 : errors / count,
      byType: {},
      latency: latencyOf(ms, errors),
    },
    aborted: { count: 0 },
    inFlight: 0,
    exemplars: [],
  };
}

function latencyOf(ms: number, count: number): OperationSnapshot["latency"] {
  const countAtOrBelow = (value: number) => (value >= ms ? count : 0);
  const percentile = () => ms;
  const figures = { count, p50: ms, p95: ms, p99: ms, max: ms, mean: ms, min: ms, sum: ms * count };
  const histogram = { ...figures, percentile, countAtOrBelow };
  return { ...figures, percentile, corrected: () => ({ ...histogram, omitted: 0 }), histogram };
}

export function saturationOf(
  name: string,
  saturation: number,
  attributes: AttributesData = {},
): SaturationSnapshot {
  return { name, attributes, unit: "1", value: saturation, mean: saturation, max: 1, saturation };
}

export function snapshotOf(parts: Partial<Snapshot> = {}): Snapshot {
  return {
    service: "shop",
    window: "1m",
    start: 0,
    end: 0,
    operations: [],
    dependencies: [],
    saturation: [],
    counters: [],
    gauges: [],
    histograms: [],
    self: {} as Snapshot["self"],
    ...parts,
  };
}

/** What becomes of promises that wait for nothing. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 8; turn++) await new Promise((resolve) => setImmediate(resolve));
}

export interface StageOptions {
  readonly clock?: ManualClock;
  readonly store?: StateStore;
  readonly services?: FleetServices;
  readonly id?: string;
  readonly service?: string;
}

/** A notifier that keeps what it is told. */
export function listener(name = "log", more: Partial<Notifier> = {}) {
  const notices: Notice[] = [];
  const notifier: Notifier = { name, notify: (notice) => void notices.push(notice), ...more };
  return { notices, notifier };
}

/** Alerts in a monitor whose figures the test says, on a clock that it moves. */
export class Stage {
  readonly clock: ManualClock;
  readonly alerts: Alerts;
  readonly notices: Notice[];
  readonly alertEvents: AlertEvent[] = [];
  readonly incidentEvents: Incident[] = [];
  readonly warnings: string[] = [];
  readonly counts = new Map<string, number>();
  readonly gauges = new Map<string, number>();
  readonly events = new Events({ callbackErrors: 0 });
  readonly context: WatchContext;
  parts: Partial<Snapshot> = {};
  isDead = false;

  constructor(
    options: Partial<AlertsOptions> & Pick<AlertsOptions, "rules">,
    given: StageOptions = {},
  ) {
    const { notices, notifier } = listener();
    this.notices = notices;
    this.clock = given.clock ?? new ManualClock();
    // One wait for all severities: tests say when they look.
    this.alerts = alerts({ groupWaitMs: 30_000, notifiers: [notifier], ...options });
    const logger = { warn: (text: string) => void this.warnings.push(text), debug() {} };
    this.context = {
      service: given.service ?? "shop",
      resource: { attributes: {} },
      incarnation: { id: given.id ?? "1", startTimeMs: 0 },
      clock: this.clock,
      diag: new Diag(logger),
      snapshot: (window) =>
        snapshotOf({
          window,
          end: this.clock.wall(),
          service: given.service ?? "shop",
          ...this.parts,
        }),
      emit: (event) => this.events.emit(event),
      on: (type, listen) => this.events.on(type, listen),
      counter: (name) => ({
        bind: (attributes) => ({
          add: (value = 1) => this.#add(name, attributes ?? {}, value),
        }),
        add: (value = 1, attributes = {}) => this.#add(name, attributes, value),
      }),
      gauge: (name) => ({
        bind: (attributes) => ({ set: (value) => this.#set(name, attributes ?? {}, value) }),
        set: (value, attributes = {}) => this.#set(name, attributes, value),
        observe: () => () => {},
      }),
      latencyLimit: () => {
        throw new Error("alerts need none");
      },
      store: given.store,
      services: given.services,
    };
    this.events.on("alert", (event) => void this.alertEvents.push(event));
    this.events.on("incident", (event) => void this.incidentEvents.push(event));
  }

  async start(): Promise<this> {
    await this.alerts.start(this.context);
    return this;
  }

  /** Says what the next snapshots show. */
  show(...operations: readonly OperationFigures[]): void {
    this.parts = { ...this.parts, operations: operations.map(operationOf) };
  }

  /** Lets steps pass, each an interval long. */
  async steps(count = 1): Promise<void> {
    for (let at = 0; at < count; at++) {
      this.clock.advance(this.alerts.intervalMs);
      this.evaluate();
      await settled();
    }
  }

  /** Lets a time pass in whole steps. */
  pass(ms: number): Promise<void> {
    return this.steps(Math.ceil(ms / this.alerts.intervalMs));
  }

  /** One evaluation, without time passing. */
  evaluate(): void {
    if (this.isDead) return;
    const steps = this.alerts.step();
    while (steps !== undefined && !steps.next().done);
  }

  emitAnomaly(parts: Partial<Anomaly> = {}): void {
    const now = this.clock.wall();
    this.context.emit({
      type: "anomaly",
      id: "n1",
      state: "begun",
      operation: "GET /cart",
      attributes: {},
      signal: "latency",
      severity: "warning",
      timeMs: now,
      sinceMs: now,
      reason: "p95 of GET /cart is 4 times as high as usual",
      detector: "adaptive",
      score: 0.9,
      observed: 400,
      expected: 100,
      upper: 150,
      lower: 50,
      unit: "ms",
      affected: 10,
      related: [],
      traceIds: [],
      ...parts,
    });
  }

  #add(name: string, attributes: object, value: number): void {
    const key = [name, ...Object.values(attributes)].join(" ");
    this.counts.set(key, (this.counts.get(key) ?? 0) + value);
  }

  #set(name: string, attributes: object, value: number): void {
    this.gauges.set([name, ...Object.values(attributes)].join(" "), value);
  }
}

/** Alerts that have been started. */
export function stage(
  options: Partial<AlertsOptions> & Pick<AlertsOptions, "rules">,
  given?: StageOptions,
): Promise<Stage> {
  return new Stage(options, given).start();
}
