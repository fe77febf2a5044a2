import type { WatchContext, Watcher } from "../readers/watcher.js";
import type { Snapshot } from "../snapshot/model.js";
import { type Clock, SystemClock } from "../time/clock.js";
import { inSlices, Slices } from "../time/slices.js";
import { AgentBook, type AgentsReading } from "./agent-book.js";
import { type CapacityContext, capacityOf } from "./capacity.js";
import { Inbox, type InboxTally } from "./channels/inbox.js";
import { type DashboardPayload, dashboardOf } from "./dashboard.js";
import type { Moment, StepDone, TaskBegun, TaskDone } from "./facts.js";
import { type GpuReading, gpusOf } from "./gpu.js";
import { Association } from "./insights/association.js";
import { Judgements } from "./insights/judgements.js";
import { Teller } from "./insights/teller.js";
import { Kept } from "./kept.js";
import type { ResolvedWorkloadOptions } from "./options.js";
import { Outlet, type OutletTally } from "./outlet.js";
import type { AgentRank } from "./ranking.js";
import { countIn, fieldsIn } from "./saved.js";
import type { SeriesBook } from "./series/series-book.js";
import { StepBook, type StepReading } from "./step-book.js";
import { TaskBook, type TasksReading } from "./task-book.js";

const STEP_MS = 5000;
/** Every second step: a window of 10 s each. */
const ASSOCIATION_STEPS = 2;
/** What was not judged for so long is over. */
const SILENT_MS = 600_000;
const VERSION = 1;

/** What became of what was told and published, since the start. */
export interface WorkloadTally extends Readonly<InboxTally>, Readonly<OutletTally> {}

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
  #outlet: Outlet | undefined;
  #clock: Clock = new SystemClock();
  #context: WatchContext | undefined;
  #insights: { readonly teller: Teller; readonly judgements: Judgements } | undefined;
  #gpus: readonly GpuReading[] = [];
  #capacity: CapacityContext | undefined;
  #stepsRun = 0;
  /** What the books were told, and how much of it when they were saved last. */
  #told = 0;
  #saved = 0;
  readonly #kept = new Kept({
    key: "workload",
    version: VERSION,
    hasNews: () => this.#told !== this.#saved,
    save: () => this.#save(),
    restore: (state, savedMs) => this.#restore(state, savedMs),
  });

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

  taskShelved(task: TaskBegun): void {
    this.#tasks.left(task);
    this.#agents.left(task);
  }

  taskFinished(task: TaskDone): void {
    this.#told++;
    const at = this.#moment();
    const usualMs = this.#tasks.usualMs(task.type) ?? task.durationMs;
    this.#tasks.done(task, at);
    this.#agents.done(task, usualMs, at);
  }

  stepFinished(step: StepDone): void {
    this.#told++;
    this.#steps.done(step, this.#moment());
  }

  activityChanged({ agent, active }: { readonly agent: string; readonly active: boolean }): void {
    this.#agents.activity(agent, active, this.#moment());
  }

  accept(channel: string, message: string): boolean {
    const isTaken = this.#inbox.accept(channel, message, this.#moment());
    if (isTaken) this.#told++;
    return isTaken;
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
    return { ...this.#inbox.tally, ...(this.#outlet?.tally ?? NONE_PUBLISHED) };
  }

  /** Restores the books; what has come since the start is added to them. */
  start(context: WatchContext): Promise<void> {
    this.#context = context;
    this.#clock = context.clock;
    const { services, service, clock, diag } = context;
    if (services !== undefined) this.#outlet = new Outlet(services, { service, clock, diag });
    const teller = new Teller(this.options.coolDownMs, (event) => context.emit(event));
    this.#insights = { teller, judgements: new Judgements(teller) };
    return this.#kept.load(context);
  }

  *step(): Generator<void> {
    const context = this.#context;
    if (context === undefined) return;
    const at = this.#moment();
    for (const book of [this.#inbox, this.#tasks, this.#agents, this.#steps]) book.expire(at);
    const snapshot = context.snapshot("10s");
    this.#gpus = gpusOf(snapshot);
    this.#capacity = this.#capacityIn(snapshot);
    yield;
    this.#outlet?.dashboard(this.dashboard());
    yield;
    this.#outlet?.capacity(this.#capacity);
    yield;
    yield* this.#judge();
    if (this.#stepsRun++ % ASSOCIATION_STEPS === 0) yield* this.#associate(snapshot);
    this.#kept.tick();
  }

  /** A last look: a short program tells what it knows. */
  async stop(timeoutMs: number): Promise<void> {
    this.onStop();
    await inSlices(this.step(), new Slices());
    await this.#kept.stop(timeoutMs);
    this.#context = undefined;
    this.#insights = undefined;
  }

  *#judge(): Generator<void> {
    if (this.#insights === undefined) return;
    const { judgements, teller } = this.#insights;
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
    judgements.rankings(this.rankings(), at.wallMs);
    teller.expire(at.wallMs, SILENT_MS);
  }

  *#associate(snapshot: Snapshot): Generator<void> {
    const found = yield* this.#association.look(snapshot);
    const timeMs = this.#clock.wall();
    for (const { key, finding } of found) this.#insights?.teller.once(key, timeMs, () => finding);
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

  #save(): object {
    this.#saved = this.#told;
    const at = this.#moment();
    const [agents, steps] = [this.#agents.save(), this.#steps.save()];
    return { tasks: this.#tasks.save(at), agents, steps };
  }

  #restore(state: unknown, savedMs: number): boolean {
    const { tasks, agents, steps } = fieldsIn(state);
    const at = this.#moment();
    this.#tasks.restore(fieldsIn(tasks), countIn(savedMs), at);
    this.#agents.restore(agents, at);
    this.#steps.restore(steps, at);
    return typeof tasks === "object";
  }

  #moment(): Moment {
    return { nowMs: this.#clock.now(), wallMs: this.#clock.wall() };
  }
}

const NONE_PUBLISHED: OutletTally = Object.freeze({
  published: 0,
  capacitySaved: 0,
  capacityFailed: 0,
});

/** Of a monitor that is disabled, or shut down. */
const NOTHING = { saturation: [], gauges: [] } as unknown as Snapshot;
