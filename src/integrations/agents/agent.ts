import { readFields } from "../../diag/read-fields.js";
import type {
  Agent,
  AnyFunction,
  BoundModel,
  BoundTool,
  ModelOptions,
  QueuedTask,
  TaskOptions,
  UsageOf,
} from "./api.js";
import { AgentContext, type Shared } from "./context.js";
import { ModelBound, type UsageReader } from "./model.js";
import { Named, nameWithoutIds, plainName } from "./names.js";
import type { ResolvedAgentOptions } from "./options.js";
import { TaskQueue } from "./queue.js";
import { RunBound } from "./run.js";
import { TaskBound } from "./task.js";
import { ToolBound } from "./tool.js";
import { StepBound, WorkflowBound } from "./workflow.js";

/** Names of one kind that one agent tells apart; the series limit of the monitor may be lower. */
const MAX_NAMES = 500;

/** Stands in no plain name. */
const APART = "\n";

/** One agent of one monitor, and its kinds of work by their names. */
export class NamedAgent implements Agent {
  readonly #context: AgentContext;
  /** Made with the first run: an agent that only has tools shows no runs. */
  #runs: RunBound | undefined;
  readonly #models: Named<ModelBound>;
  /** Those of another operation or provider, by all three. */
  readonly #otherModels: Named<ModelBound>;
  readonly #tools: Named<ToolBound>;
  readonly #tasks: Named<TaskBound>;
  readonly #workflows: Named<WorkflowBound>;
  readonly #steps: Named<StepBound>;
  readonly #stepsByWorkflow: Named<Named<StepBound>>;
  readonly #queue: TaskQueue;

  constructor(
    readonly name: string,
    shared: Shared,
    options: ResolvedAgentOptions,
  ) {
    const context = new AgentContext(name, shared, options);
    const named = <T>(make: (name: string) => T, clean = nameWithoutIds) => {
      return new Named(make, clean, MAX_NAMES, () => context.fault("name_limit"));
    };
    this.#context = context;
    this.#models = named((model) => new ModelBound(context, model), plainName);
    this.#otherModels = named(
      (key) => {
        const [model, operation, provider] = key.split(APART);
        return new ModelBound(context, model, operation, provider || undefined);
      },
      (key) => String(key),
    );
    this.#tools = named((tool) => new ToolBound(context, tool));
    this.#tasks = named((type) => new TaskBound(context, this, type));
    this.#workflows = named((workflow) => new WorkflowBound(context, this, workflow));
    this.#steps = named((step) => new StepBound(context, undefined, step));
    this.#stepsByWorkflow = named((workflow) => {
      return named((step) => new StepBound(context, workflow, step));
    }, plainName);
    this.#queue = new TaskQueue(context);
  }

  run<T>(work: () => T): T {
    this.#runs ??= new RunBound(this.#context, this);
    return this.#runs.call(work);
  }

  model<T>(model: string, work: () => T, usage?: UsageOf<T>): T {
    return this.#models.get(model).call(work, usage as UsageReader | undefined);
  }

  tool<T>(name: string, work: () => T, args?: unknown): T {
    return this.#tools.get(name).call(work, args);
  }

  task<T>(type: string, work: () => T, options?: TaskOptions): T {
    return this.#tasks.get(type).call(work, options);
  }

  enqueue(type: string, options?: Pick<TaskOptions, "limitMs">): QueuedTask {
    const { limitMs } = readFields(options, ["limitMs"]);
    const tasks = this.#tasks.get(type);
    return this.#queue.add(tasks, tasks.limit(limitMs));
  }

  workflow<T>(name: string, work: () => T): T {
    return this.#workflows.get(name).call(work);
  }

  step<T>(name: string, work: () => T): T {
    const workflow = this.#context.shared.storage.getStore()?.workflow;
    const steps = workflow === undefined ? this.#steps : this.#stepsByWorkflow.get(workflow);
    return steps.get(name).call(work);
  }

  bindModel(model: string, options?: ModelOptions): BoundModel {
    const { operation, provider } = readFields(options, ["operation", "provider"]);
    const isOther = operation !== undefined || provider !== undefined;
    const names = [model, operation ?? "chat", ...(provider === undefined ? [] : [provider])];
    const bound = isOther
      ? this.#otherModels.get(names.map(plainName).join(APART))
      : this.#models.get(model);
    return {
      call: (work, usage) => bound.call(work, usage as UsageReader | undefined),
      retried: (times = 1) => bound.retried(times),
    };
  }

  bindTool(name: string): BoundTool {
    const bound = this.#tools.get(name);
    return {
      call: (work, args) => bound.call(work, args),
      retried: (times = 1) => bound.retried(times),
    };
  }

  wrapTool<F extends AnyFunction>(name: string, fn: F): F {
    if (typeof fn !== "function") return fn;
    const bound = this.#tools.get(name);
    return new Proxy(fn, {
      apply: (target, self, args) => bound.call(() => Reflect.apply(target, self, args), args),
    });
  }
}
