import type { CounterSeries } from "../../instruments/counter.js";
import type { Outcome } from "../../instruments/golden-signals.js";
import { Bound } from "./bound.js";
import { Call } from "./call.js";
import type { AgentContext } from "./context.js";
import { hashOf } from "./hash.js";
import type { Run } from "./run.js";

/** `error.type` of an MCP result that says so of itself. */
export const TOOL_ERROR = "tool_error";

/** One tool, as one agent calls it. Keep it: `call` looks nothing up. */
export class ToolBound extends Bound {
  #repeated: CounterSeries | undefined;
  /** Tells the calls of one tool from those of another. */
  readonly #seed: number;

  constructor(context: AgentContext, name: string) {
    super(context, {
      key: "tool",
      title: `execute_tool ${name}`,
      attributes: { "gen_ai.operation.name": "execute_tool", "gen_ai.tool.name": name },
      concurrency: context.concurrencyOf("tools"),
    });
    this.#seed = hashOf(name, 0) ?? 0;
  }

  /** @param args - told apart by a hash; undefined: not told */
  call<T>(work: () => T, args?: unknown): T {
    const run = this.context.shared.storage.getStore()?.run;
    this.enter();
    if (run !== undefined) {
      run.toolCalls++;
      run.begins(this);
      if (args !== undefined) this.#compare(run, args);
    }
    return new ToolCall(this, run, this.now()).run(work);
  }

  #compare(run: Run, args: unknown): void {
    const hash = hashOf(args, this.#seed);
    if (hash === undefined || !run.repeats(hash)) return;
    this.#repeated ??= this.context.metrics.counter("repeatedToolCalls", this.attributes);
    this.#repeated.add(1);
  }
}

class ToolCall extends Call {
  constructor(
    bound: ToolBound,
    private readonly owner: Run | undefined,
    started: number,
  ) {
    super(bound, started);
  }

  protected override inspect(value: unknown): object | string | undefined {
    return isToolError(value) ? TOOL_ERROR : super.inspect(value);
  }

  protected override ended(outcome: Outcome): void {
    this.owner?.ends(this.bound, outcome);
  }
}

/** Whether an answer is an MCP result that tells of a failure. Throws what a getter throws. */
export function isToolError(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return (value as { isError?: unknown }).isError === true;
}
