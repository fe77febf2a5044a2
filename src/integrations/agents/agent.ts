import { readFields } from "../../diag/read-fields.js";
import { AgentContext, type Shared } from "./context.js";
import { ModelBound, type UsageReader } from "./model.js";
import { Named, nameWithoutIds, plainName } from "./names.js";
import type { ResolvedAgentOptions } from "./options.js";
import { type QueuedTask, TaskQueue } from "./queue.js";
import { RunBound } from "./run.js";
import { TaskBound, type TaskOptions } from "./task.js";
import { ToolBound } from "./tool.js";
import { StepBound, WorkflowBound } from "./workflow.js";

/** Names of one kind that one agent tells apart; the series limit of the monitor may be lower. */
const MAX_NAMES = 500;

/** Stands in no plain name. */
const APART = "\n";

/** What a usage callback is given: the answer or, of a stream, each chunk. */
export type Answer<T> = Awaited<T> extends AsyncIterable<infer Chunk> ? Chunk : Awaited<T>;

export interface ModelOptions {
  /** `gen_ai.operation.name`: `embeddings`, `generate_content`, … @default "chat" */
  readonly operation?: string;
  /** `gen_ai.provider.name`. @default that of the agent, else what the name of the model says */
  readonly provider?: string;
}

/** A model bound to its attributes. Keep it; `call` is the hot path, without a look-up. */
export interface BoundModel {
  /** As `agent.model(name, work, usage)`. */
  call<T>(work: () => T, usage?: (answer: Answer<T>) => unknown): T;
  /** Counts retries that nobody saw: those that a client makes by itself. @param times - @default 1 */
  retried(times?: number): void;
}

/** A tool bound to its attributes. Keep it; `call` is the hot path, without a look-up. */
export interface BoundTool {
  /** As `agent.tool(name, work, args)`. */
  call<T>(work: () => T, args?: unknown): T;
  /** Counts retries that nobody saw. @param times - @default 1 */
  retried(times?: number): void;
}

// biome-ignore lint/suspicious/noExplicitAny: a wrapper takes whatever its function takes
type AnyFunction = (...args: any[]) => unknown;

/**
 * An agent: the golden signals of its runs, and of what it does in them.
 *
 * Each method runs `work` and answers what that answers, sync or not; errors are passed on as they are.
 * What is run within a run, at whatever depth and in whatever module, is known to be part of it. Work
 * that answers a stream ends with the stream. Nothing here throws but what `work` throws, and nothing of
 * prompts, arguments or results is kept.
 */
export class Agent {
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

  /** @internal */
  constructor(
    /** As it is shown: what looks like an id is `*`. */
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

  /** One run of the agent. */
  run<T>(work: () => T): T {
    this.#runs ??= new RunBound(this.#context, this);
    return this.#runs.call(work);
  }

  /**
   * One call of a model.
   *
   * @param model - its name, as the provider has it
   * @param usage - finds the token usage in the answer or, of a stream, in each chunk (undefined where
   *   there is none); it may answer a promise. What it throws is counted.
   *   @default what the answers of the common clients tell
   */
  model<T>(model: string, work: () => T, usage?: (answer: Answer<T>) => unknown): T {
    return this.#models.get(model).call(work, usage as UsageReader | undefined);
  }

  /**
   * One call of a tool. An MCP result with `isError` is a failure, `tool_error`.
   *
   * @param args - its arguments, so that repeated calls of one run are known; a hash of them is kept
   *   until the run ends, and nothing else
   */
  tool<T>(name: string, work: () => T, args?: unknown): T {
    return this.#tools.get(name).call(work, args);
  }

  /** One task of a type. */
  task<T>(type: string, work: () => T, options?: TaskOptions): T {
    return this.#tasks.get(type).call(work, options);
  }

  /** A task that waits for the agent: run it, or cancel it. */
  enqueue(type: string, options?: Pick<TaskOptions, "limitMs">): QueuedTask {
    const { limitMs } = readFields(options, ["limitMs"]);
    const tasks = this.#tasks.get(type);
    return this.#queue.add(tasks, tasks.limit(limitMs));
  }

  /** One pass through a workflow; steps within belong to it. */
  workflow<T>(name: string, work: () => T): T {
    return this.#workflows.get(name).call(work);
  }

  /** One step, of the workflow around it if there is one. */
  step<T>(name: string, work: () => T): T {
    const workflow = this.#context.shared.storage.getStore()?.workflow;
    const steps = workflow === undefined ? this.#steps : this.#stepsByWorkflow.get(workflow);
    return steps.get(name).call(work);
  }

  /** A model that is no chat model, or of another provider, or called often. */
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

  /** A function that records each call of `fn` as the tool, its arguments told, and is otherwise the same. */
  wrapTool<F extends AnyFunction>(name: string, fn: F): F {
    if (typeof fn !== "function") return fn;
    const bound = this.#tools.get(name);
    return new Proxy(fn, {
      apply: (target, self, args) => bound.call(() => Reflect.apply(target, self, args), args),
    });
  }
}
