import { isList, isObject } from "../readers/checks.js";
import type { WatchContext } from "../readers/watcher.js";
import type { AuspexEvent, Incident } from "../snapshot/events.js";
import { limitOf } from "../time/limit.js";
import { type ActiveAlert, activeOf } from "./active.js";
import type { Act } from "./acts.js";
import { apply } from "./apply.js";
import { boardOf } from "./board.js";
import { Anomalies } from "./conditions/anomaly.js";
import { Burns } from "./conditions/slo.js";
import { Delivery } from "./delivery.js";
import { Desk } from "./desk.js";
import { restoreDesk, savedDesk } from "./desk-state.js";
import { alertEvent, Evaluator, type SavedInstance } from "./evaluator.js";
import type { Scene } from "./incident/correlator.js";
import { incidentEvent } from "./incident/incident.js";
import { Topology } from "./incident/topology.js";
import { SaturationTrail } from "./incident/trail.js";
import { Meters } from "./meters.js";
import type { ResolvedAlertsOptions } from "./resolve-options.js";
import type { Change, Instance, RuleRun } from "./rule.js";
import { View } from "./series/view.js";
import { Alone } from "./sharing/alone.js";
import { InFleet } from "./sharing/fleet.js";
import { GuardedStore } from "./sharing/guarded-store.js";
import type { Sharing } from "./sharing/sharing.js";
import { SteadyTime } from "./steady-time.js";

/** The rules of one process at work, from its start to its end. */
export class Engine {
  readonly desk: Desk;
  readonly #time: SteadyTime;
  readonly #view: View;
  readonly #evaluator: Evaluator;
  readonly #anomalies = new Anomalies();
  readonly #burns = new Burns();
  readonly #tally = { callbackErrors: 0 };
  readonly #trail = new SaturationTrail();
  readonly #meters: Meters;
  readonly #delivery: Delivery;
  readonly #sharing: Sharing;
  readonly #stops: readonly (() => void)[];
  #isStepping = false;
  #changes = 0;
  #sequence = 0;
  #toldErrors = 0;

  constructor(
    private readonly options: ResolvedAlertsOptions,
    private readonly context: WatchContext,
  ) {
    const { clock, service, diag } = context;
    this.#time = new SteadyTime(clock);
    this.#view = new View((window) => context.snapshot(window));
    this.#meters = new Meters(context);
    this.desk = new Desk({ ...options, service, meter: this.#meters });
    for (const silence of options.silences) this.desk.quieting.silences.add(silence);
    this.#evaluator = new Evaluator({
      rules: options.rules,
      service,
      maxAlerts: options.maxAlerts,
      startedMs: this.#time.now(),
      sources: { anomalies: this.#anomalies, burns: this.#burns, tally: this.#tally },
      onChange: (change, run, instance) => this.#changed(change, run, instance),
    });
    this.#sharing = this.#share();
    this.#delivery = new Delivery({
      clock,
      diag,
      notifiers: options.notifiers,
      maySend: () => this.#sharing.leads,
      onOutcome: (parcel, outcome) => this.desk.settled(parcel, outcome, this.#time.wall()),
    });
    this.#stops = [
      context.on("anomaly", (event) => this.#anomalies.hear(event, this.#time.now())),
      context.on("alert", (event) => this.#burns.hear(event)),
    ];
  }

  start(): Promise<void> {
    return this.#sharing.start();
  }

  /** One evaluation, in slices. */
  *step(): Generator<void> {
    this.#isStepping = true;
    try {
      yield* this.#evaluate(this.#time.now());
    } finally {
      this.#isStepping = false;
      this.#view.end();
    }
    void this.#sharing.exchange();
  }

  *#evaluate(nowMs: number): Generator<void> {
    this.#anomalies.forget(nowMs);
    this.#view.begin(nowMs);
    yield* this.#evaluator.step(this.#view);
    this.#trail.add(this.#view.some().saturation ?? [], nowMs);
    if (this.#sharing.leads) {
      const board = boardOf([this.#evaluator.firing(), ...this.#sharing.remote()]);
      const wallMs = this.#time.wall();
      const incidents = yield* this.desk.advance(board, this.#scene(nowMs), wallMs);
      for (const incident of incidents) this.context.emit(incident);
    }
    this.#show(nowMs);
  }

  /** Sends what can be sent, keeps the rest; ends in time whatever a store or a notifier does. */
  async stop(timeoutMs: number): Promise<void> {
    for (const stop of this.#stops) stop();
    const limit = limitOf(this.context.clock, timeoutMs, true);
    await Promise.race([this.#finish(timeoutMs), limit.expired]);
    limit.cancel();
  }

  async #finish(timeoutMs: number): Promise<void> {
    // What has been decided is kept before the last attempt to send it.
    await this.#sharing.exchange();
    await this.#delivery.stop(timeoutMs / 2);
    await this.#sharing.stop();
    if (this.context.store !== undefined) return;
    for (const parcel of this.desk.outbox.list()) {
      this.desk.settled(parcel, { status: "dropped", reason: "shutdown" }, this.#time.wall());
    }
  }

  /** Steady ms of now. */
  now(): number {
    return this.#time.now();
  }

  /** Steady ms of an instant by the wall clock. */
  steadyOf(wallMs: number): number {
    return wallMs - this.#time.wall() + this.#time.now();
  }

  /** @returns whether it was about anything that is known here */
  act(act: Act): boolean {
    this.#changes++;
    this.#sharing.sent({ sequence: ++this.#sequence, act });
    return apply(act, this.desk, this.#shown);
  }

  active(): readonly ActiveAlert[] {
    const local = Array.from(this.#evaluator.alerts(), ({ run, instance }) => ({
      alert: run.firing(instance),
      state: instance.standing.phase === "firing" ? ("firing" as const) : ("pending" as const),
    }));
    return activeOf(local, this.desk.cases, this.now(), this.#shown);
  }

  incidents(): readonly Incident[] {
    const { open, resolved } = this.desk.correlator;
    const now = this.#time.wall();
    const events = Array.from(open.values(), (each) => incidentEvent(each, now, this.#shown));
    return Object.freeze([...events, ...resolved.toReversed()]);
  }

  fatigue(): Readonly<Record<string, number>> {
    const nowMs = this.now();
    return Object.fromEntries(
      this.options.notifiers.map(({ name }) => [name, this.desk.fatigue.score(name, nowMs)]),
    );
  }

  readonly #shown = (steadyMs: number): number => this.#time.shown(steadyMs);

  #share(): Sharing {
    const { clock, diag, store, services, service, incarnation } = this.context;
    const { name, leaseMs } = this.options;
    const prefix = `${name}/${service}`;
    const shared = {
      alerts: () => [...this.#evaluator.firing()],
      apply: (act: Act) => void apply(act, this.desk, this.#shown),
      release: () => this.#release(),
      version: () => this.#changes + this.desk.history.count,
      isWaiting: () => this.desk.outbox.isWaiting,
      isStepping: () => this.#isStepping,
      restore: (state: unknown) => this.#restore(state),
    };
    const guard = (each: NonNullable<WatchContext["store"]>) => new GuardedStore(each, clock, diag);
    if (services === undefined) {
      const kept = store === undefined ? undefined : guard(store);
      const state = () => ({ desk: this.#saved(), instances: this.#evaluator.save() });
      return new Alone({ ...shared, state }, kept, prefix, clock);
    }
    const state = () => ({ desk: this.#saved() });
    const { id } = incarnation;
    const fleet = { services, store: guard(services.store), clock, prefix, id, leaseMs };
    return new InFleet({ ...shared, state }, fleet);
  }

  #release(): void {
    for (const parcel of this.desk.outbox.handOver()) this.#delivery.add(parcel);
  }

  #saved() {
    this.desk.outbox.seal();
    return savedDesk(this.desk);
  }

  #restore(saved: unknown): void {
    const nowMs = this.now();
    const { desk, instances = [] } = isObject(saved) ? saved : {};
    let isRead = restoreDesk(this.desk, desk, nowMs);
    try {
      if (isRead && isList(instances)) {
        this.#evaluator.restore(instances as readonly SavedInstance[], nowMs);
      }
    } catch {
      isRead = false;
    }
    if (isRead) return;
    this.context.diag.warn("alerts:restore", "alerts: what was kept cannot be read here");
  }

  #changed(change: Change, run: RuleRun, instance: Instance): void {
    this.#changes++;
    const sinceMs = this.#shown(run.firing(instance).sinceMs);
    const event: AuspexEvent = alertEvent(change, run, instance, {
      timeMs: this.#time.wall(),
      sinceMs,
    });
    this.context.emit(event);
  }

  #scene(nowMs: number): Scene {
    const { operations = [], dependencies = [] } = this.#view.some();
    const { service } = this.context;
    return {
      nowMs,
      timeMs: this.#time.wall(),
      shown: this.#shown,
      operations,
      dependencies,
      topology: new Topology(service, dependencies, this.options.links),
      anomalies: this.#anomalies,
      markers: this.desk.markers,
      trail: this.#trail,
    };
  }

  #show(nowMs: number): void {
    const firing = { critical: 0, warning: 0, info: 0 };
    let pending = 0;
    for (const { run, instance } of this.#evaluator.alerts()) {
      if (instance.standing.phase === "firing") firing[run.severity(instance)]++;
      else pending++;
    }
    const { turnedAway } = this.#evaluator;
    this.#meters.show({
      firing,
      pending,
      incidents: this.desk.correlator.open.size,
      turnedAway,
      leads: this.#sharing.leads,
      queued: this.#delivery.queued(),
      fatigue: this.options.notifiers.map(
        ({ name }) => [name, this.desk.fatigue.score(name, nowMs)] as const,
      ),
    });
    const { diag } = this.context;
    if (turnedAway > 0) {
      diag.warn("alerts:full", `alerts: no room for ${turnedAway} more; raise maxAlerts`);
    }
    if (this.#tally.callbackErrors > this.#toldErrors) {
      this.#toldErrors = this.#tally.callbackErrors;
      diag.warn("alerts:condition", "alerts: a condition threw, or answered a promise");
    }
  }
}
