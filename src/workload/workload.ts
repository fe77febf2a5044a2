import { describeError } from "../diag/diag.js";
import type { WatchContext, Watcher } from "../readers/watcher.js";
import type { Snapshot } from "../snapshot/model.js";
import { type Clock, SystemClock } from "../time/clock.js";
import { inSlices, Slices } from "../time/slices.js";
import { AgentBook, type AgentsReading } from "./agent-book.js";
import { CAPACITY_KEY, type CapacityContext, capacityOf } from "./capacity.js";
import { Inbox, type InboxTally } from "./channels/inbox.js";
import { DASHBOARD_CHANNEL, type DashboardPayload, dashboardOf } from "./dashboard.js";
import type { Moment, StepDone, TaskBegun, TaskDone } from "./facts.js";
import { type GpuReading, gpusOf } from "./gpu.js";
import { Association } from "./insights/association.js";
import { Judgements } from "./insights/judgements.js";
import { Teller } from "./insights/teller.js";
import type { ResolvedWorkloadOptions } from "./options.js";
import type { AgentRank } from "./ranking.js";
import type { SeriesBook } from "./series/series-book.js";
import { StepBook, type StepReading } from "./step-book.js";
import { TaskBook, type TasksReading } from "./task-book.js";

const STEP_MS = 5000;
/** Every second step: a window of 10 s each. */
const ASSOCIATION_STEPS = 2;
/** Longest that a save of the capacity is waited for before another is begun. */
const SAVE_MS = 30_000;

/** What became of what was told and published, since the start. */
export interface WorkloadTally extends Readonly<InboxTally> {
  /** Dashboards handed to the fleet's store, where there is one. */
  readonly published: number;
  readonly capacitySaved: number;
  readonly capacityFailed: number;
}

/** How the agents of a monitor, and those that report to it, get on. */
export interface Workload {
  /** Throughput, completion times, compliance with limits, counters of the day. */
  tasks(): TasksReading;
  /** Who is active, on how much, and how evenly. */
  agents(): AgentsReading;
  /** Best first. */
  rankings(): readonly AgentRank[];
  /** Whether there is room for more; as of the last step, at most 5 s ago. */
  capacity(): CapacityContext;
  /** By workflow and step; what is slow says so. */
  steps(): readonly StepReading[];
  /** GPUs, as of the last step. */
  gpus(): readonly GpuReading[];
  /** All of it, as it is published every 5 s. */
  dashboard(): DashboardPayload;
  /**
   * Takes a message of another program, from whatever transport: `listenToChannels` does this with Redis.
   * What cannot be read is counted in `tally` and changes nothing. Never throws.
   * @param channel - `events:tasks:updates`, `events:agents:status` or `events:training:progress`
   * @returns whether it was taken
   */
  accept(channel: string, message: string): boolean;
  readonly tally: WorkloadTally;
}

/** The books, and the watcher that looks at them every 5 s. */
export class WorkloadWatcher implements Workload, Watcher {
  readonly name = "workload";
  readonly intervalMs = STEP_MS;
  readonly #tasks: TaskBook;
  readonly #agents = new AgentBook();
  readonly #steps: StepBook;
  readonly #inbox: Inbox;
  readonly #association = new Association();
  readonly #published = { published: 0, capacitySaved: 0, capacityFailed: 0 };
  #clock: Clock = new SystemClock();
  #context: WatchContext | undefined;
  #insights: { readonly teller: Teller; readonly judgements: Judgements } | undefined;
  #gpus: readonly GpuReading[] = [];
  #capacity: CapacityContext | undefined;
  #savingSince: number | undefined;
  #stepsRun = 0;

  /** @param onStop - lets go of what feeds it */
  constructor(
    private readonly options: ResolvedWorkloadOptions,
    private readonly series: SeriesBook,
    private readonly onStop: () => void,
  ) {
    this.#tasks = new TaskBook(options.limits);
    this.#steps = new StepBook(options.slowStepMs);
    this.#inbox = new Inbox({ tasks: this.#tasks, agents: this.#agents, series });
  }

  taskStarted(task: TaskBegun): void {
    this.#tasks.begun(task);
    this.#agents.begun(task, this.#moment());
  }

  taskFinished(task: TaskDone): void {
    const at = this.#moment();
    const usualMs = this.#tasks.usualMs(task.type) ?? task.durationMs;
    this.#tasks.done(task, at);
    this.#agents.done(task, usualMs, at);
  }

  stepFinished(step: StepDone): void {
    this.#steps.done(step);
  }

  activityChanged({ agent, active }: { readonly agent: string; readonly active: boolean }): void {
    this.#agents.activity(agent, active, this.#moment());
  }

  accept(channel: string, message: string): boolean {
    return this.#inbox.accept(channel, message, this.#moment());
  }

  tasks(): TasksReading {
    return this.#tasks.read(this.#moment());
  }

  agents(): AgentsReading {
    return this.#agents.read(this.#moment());
  }

  rankings(): readonly AgentRank[] {
    return this.#agents.rankings();
  }

  steps(): readonly StepReading[] {
    return this.#steps.read();
  }

  gpus(): readonly GpuReading[] {
    return this.#gpus;
  }

  capacity(): CapacityContext {
    return this.#capacity ?? this.#capacityIn(this.#context?.snapshot("10s"));
  }

  dashboard(): DashboardPayload {
    return dashboardOf({
      tasks: this.#tasks.overall(this.#moment()),
      agents: this.agents(),
      gpus: this.#gpus,
      series: this.series.all(),
      wallMs: this.#clock.wall(),
    });
  }

  get tally(): WorkloadTally {
    return { ...this.#inbox.tally, ...this.#published };
  }

  start(context: WatchContext): void {
    this.#context = context;
    this.#clock = context.clock;
    const teller = new Teller(this.options.coolDownMs, (insight) => context.emit(insight));
    this.#insights = { teller, judgements: new Judgements(teller) };
  }

  *step(): Generator<void> {
    const context = this.#context;
    if (context === undefined) return;
    this.#inbox.expire(this.#moment());
    const snapshot = context.snapshot("10s");
    this.#gpus = gpusOf(snapshot);
    this.#capacity = this.#capacityIn(snapshot);
    yield;
    this.#publish(context, this.#capacity);
    yield;
    yield* this.#judge();
    if (this.#stepsRun++ % ASSOCIATION_STEPS === 0) yield* this.#associate(snapshot);
  }

  /** A last look: a short program tells what it knows. */
  async stop(): Promise<void> {
    this.onStop();
    await inSlices(this.step(), new Slices());
    this.#context = undefined;
    this.#insights = undefined;
  }

  *#judge(): Generator<void> {
    if (this.#insights === undefined) return;
    const { judgements } = this.#insights;
    const at = this.#moment();
    judgements.sla(this.#tasks.compliance(at), at.wallMs);
    judgements.balance(this.#agents.read(at), at.wallMs);
    const isTraining = this.series.isTraining();
    for (const gpu of this.#gpus) judgements.gpu(gpu, isTraining, at.wallMs);
    yield;
    for (const step of this.#steps.reading()) {
      judgements.step(step, at.wallMs);
      yield;
    }
  }

  *#associate(snapshot: Snapshot): Generator<void> {
    const found = yield* this.#association.look(snapshot);
    const timeMs = this.#clock.wall();
    for (const { key, finding } of found) this.#insights?.teller.once(key, timeMs, () => finding);
  }

  #publish({ services, diag }: WatchContext, capacity: CapacityContext): void {
    if (services === undefined) return;
    services.publish(DASHBOARD_CHANNEL, JSON.stringify(this.dashboard()));
    this.#published.published++;
    const now = this.#clock.now();
    if (this.#savingSince !== undefined && now - this.#savingSince < SAVE_MS) return;
    this.#savingSince = now;
    const settle = (error?: unknown): void => {
      if (this.#savingSince === now) this.#savingSince = undefined;
      if (error === undefined) this.#published.capacitySaved++;
      else {
        this.#published.capacityFailed++;
        diag.warn("workload:capacity", `the capacity was not saved: ${describeError(error)}`);
      }
    };
    services.store.save(CAPACITY_KEY, JSON.stringify(capacity)).then(
      () => settle(),
      (error) => settle(error ?? "refused"),
    );
  }

  #capacityIn(snapshot: Snapshot | undefined): CapacityContext {
    return capacityOf({
      snapshot: snapshot ?? NOTHING,
      gpus: this.#gpus,
      tasksRunning: this.#agents.read(this.#moment()).load.tasks,
      slots: this.options.slots,
      wallMs: this.#clock.wall(),
      wasAccepting: this.#capacity?.accepting ?? true,
    });
  }

  #moment(): Moment {
    return { nowMs: this.#clock.now(), wallMs: this.#clock.wall() };
  }
}

/** Of a monitor that is disabled, or shut down. */
const NOTHING = { saturation: [], gauges: [] } as unknown as Snapshot;
