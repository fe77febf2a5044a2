/** What a usage callback is given: the answer or, of a stream, each chunk. */
export type Answer<T> = Awaited<T> extends AsyncIterable<infer Chunk> ? Chunk : Awaited<T>;

/** Finds the token usage in an answer; undefined where there is none. */
export type UsageOf<T> = (answer: Answer<T>) => unknown;

// biome-ignore lint/suspicious/noExplicitAny: a wrapper takes whatever its function takes
export type AnyFunction = (...args: any[]) => unknown;

/**
 * An agent: the golden signals of its runs, and of what it does in them.
 *
 * Each method runs `work` and answers what that answers, sync or not; errors are passed on as they are.
 * What is run within a run, at whatever depth and in whatever module, is known to be part of it. Work
 * that answers a stream ends with the stream. Nothing here throws but what `work` throws, and nothing of
 * prompts, arguments or results is kept.
 */
export interface Agent {
  /** As it is shown: what looks like an id is `*`. */
  readonly name: string;

  /** One run of the agent. */
  run<T>(work: () => T): T;

  /**
   * One call of a model.
   *
   * @param model - its name, as the provider has it
   * @param usage - finds the token usage in the answer or, of a stream, in each chunk (undefined where
   *   there is none); it may answer a promise. What it throws is counted.
   *   @default what the answers of the common clients tell
   */
  model<T>(model: string, work: () => T, usage?: UsageOf<T>): T;

  /**
   * One call of a tool. An MCP result with `isError` is a failure, `tool_error`.
   *
   * @param args - its arguments, so that repeated calls of one run are known; a hash of them is kept
   *   until the run ends, and nothing else
   */
  tool<T>(name: string, work: () => T, args?: unknown): T;

  /** One task of a type. */
  task<T>(type: string, work: () => T, options?: TaskOptions): T;

  /** A task that waits for the agent: run it, or cancel it. */
  enqueue(type: string, options?: Pick<TaskOptions, "limitMs">): QueuedTask;

  /** One pass through a workflow; steps within belong to it. */
  workflow<T>(name: string, work: () => T): T;

  /** One step, of the workflow around it if there is one. */
  step<T>(name: string, work: () => T): T;

  /** A model that is no chat model, or of another provider, or called often. */
  bindModel(model: string, options?: ModelOptions): BoundModel;

  bindTool(name: string): BoundTool;

  /** A function that records each call of `fn` as the tool, its arguments told, and is otherwise the same. */
  wrapTool<F extends AnyFunction>(name: string, fn: F): F;
}

export interface ModelOptions {
  /** `gen_ai.operation.name`: `embeddings`, `generate_content`, … @default "chat" */
  readonly operation?: string;
  /** `gen_ai.provider.name`. @default that of the agent, else what the name of the model says */
  readonly provider?: string;
}

/** A model bound to its attributes. Keep it; `call` is the hot path, without a look-up. */
export interface BoundModel {
  /** As `agent.model(name, work, usage)`. */
  call<T>(work: () => T, usage?: UsageOf<T>): T;
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

export interface TaskOptions {
  /**
   * Most ms the task may take, its time in a queue counted. One that takes longer is counted as late;
   * nothing is cut short.
   */
  readonly limitMs?: number;
  /** When it was put into its queue: a `Date`, or epoch ms. @default it did not wait */
  readonly queuedAt?: Date | number;
}

/** A task that waits. */
export interface QueuedTask {
  /** Takes it out of the queue and does it: how long it waited is recorded, the first time. */
  run<T>(work: () => T): T;
  /** Takes it out of the queue undone. */
  cancel(): void;
}

/** Which end of a connection. */
export type McpSide = "client" | "server";

/**
 * One end of the Model Context Protocol: its requests and sessions, under the names of the conventions.
 *
 * @see OpenTelemetry semantic conventions, mcp
 */
export interface Mcp {
  /**
   * One request or notification. A result with `isError` is a failure, `tool_error`.
   *
   * @param method - `tools/call`, `resources/read`, …
   * @param tool - the tool or prompt that it is about, if any; never a resource, whose URI may be anything
   */
  request<T>(method: string, work: () => T, tool?: string): T;
  /** A session begins. */
  session(): McpSession;
}

/** A session that is open. */
export interface McpSession {
  /** It is closed. @param error - that closed it, if one did */
  end(error?: unknown): void;
}
