import { readFields } from "../../diag/read-fields.js";
import type { CounterSeries } from "../../instruments/counter.js";
import type { Outcome } from "../../instruments/golden-signals.js";
import type { Agent, TaskOptions } from "./api.js";
import { Bound } from "./bound.js";
import type { AgentContext } from "./context.js";
import type { Distribution } from "./distribution.js";
import type { Scope } from "./scope.js";
import { ScopedCall } from "./scoped-call.js";

/** The tasks of one type, as one agent does them. */
export class TaskBound extends Bound<AgentContext> {
  readonly #wait: Distribution;
  #late: CounterSeries | undefined;

  constructor(
    context: AgentContext,
    private readonly agent: Agent,
    readonly type: string,
  ) {
    super(context, {
      key: "task",
      title: `task ${type}`,
      attributes: { "auspex.task.type": type },
      concurrency: context.concurrencyOf("tasks"),
    });
    this.#wait = context.metrics.distribution("wait", this.attributes);
  }

  call<T>(work: () => T, options?: TaskOptions): T {
    if (options === undefined) return this.begin(work, undefined, undefined);
    const { limitMs, queuedAt } = readFields(options, ["limitMs", "queuedAt"]);
    const waitMs = queuedAt === undefined ? undefined : this.#since(queuedAt);
    return this.begin(work, waitMs, this.limit(limitMs));
  }

  /** @param waitMs - undefined when it was in no queue */
  begin<T>(work: () => T, waitMs: number | undefined, limitMs: number | undefined): T {
    if (waitMs !== undefined) this.#wait.record(waitMs);
    const { storage } = this.context.shared;
    const waited = waitMs ?? 0;
    this.enter();
    this.begun(waited);
    const scope: Scope = {
      run: undefined,
      workflow: undefined,
      ...storage.getStore(),
      agent: this.agent,
    };
    return new Task(this, scope, waited, limitMs, this.now()).run(work);
  }

  begun(waitMs: number): void {
    this.context.began();
    const { observers } = this.context.shared;
    if (!observers.isHeard) return;
    observers.tell("taskStarted", { agent: this.context.name, type: this.type, waitMs });
  }

  /** It only stands ready, until it begins again. */
  shelved(): void {
    const { observers } = this.context.shared;
    if (observers.isHeard) {
      observers.tell("taskShelved", { agent: this.context.name, type: this.type });
    }
    this.context.ended();
  }

  /** A limit that can be one; anything else is counted. */
  limit(limitMs: unknown): number | undefined {
    if (limitMs === undefined || (typeof limitMs === "number" && limitMs > 0)) return limitMs;
    this.context.fault("task_option");
    return undefined;
  }

  ended(task: Task, durationMs: number, outcome: Outcome): void {
    const { waitMs, limitMs } = task;
    if (limitMs !== undefined && waitMs + durationMs > limitMs) {
      this.#late ??= this.context.metrics.counter("lateTasks", this.attributes);
      this.#late.add(1);
    }
    const { observers } = this.context.shared;
    if (observers.isHeard) {
      const { name: agent } = this.context;
      const { type } = this;
      observers.tell("taskFinished", { agent, type, waitMs, durationMs, outcome, limitMs });
    }
    this.context.ended();
  }

  /** Clocks of two machines differ: who waited less than no time did not wait. */
  #since(queuedAt: unknown): number | undefined {
    const at = queuedAt instanceof Date ? queuedAt.getTime() : queuedAt;
    if (typeof at === "number" && Number.isFinite(at)) {
      return Math.max(0, this.context.metrics.clock.wall() - at);
    }
    this.context.fault("task_option");
    return undefined;
  }
}

class Task extends ScopedCall {
  constructor(
    private readonly tasks: TaskBound,
    protected override readonly scope: Scope,
    readonly waitMs: number,
    readonly limitMs: number | undefined,
    started: number,
  ) {
    super(tasks, started);
  }

  protected override rest(): void {
    super.rest();
    this.tasks.shelved();
  }

  protected override resume(): void {
    super.resume();
    this.tasks.begun(this.waitMs);
  }

  protected override ended(outcome: Outcome, durationMs: number): void {
    this.tasks.ended(this, durationMs, outcome);
  }
}
