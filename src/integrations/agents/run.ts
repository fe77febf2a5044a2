import type { Outcome } from "../../instruments/golden-signals.js";
import type { Agent } from "./api.js";
import { Bound } from "./bound.js";
import type { AgentContext } from "./context.js";
import type { Distribution } from "./distribution.js";
import type { Scope } from "./scope.js";
import { ScopedCall } from "./scoped-call.js";

/** Tool calls of one run that later ones are compared with; 4 bytes each, their arguments are not kept. */
const MAX_REMEMBERED = 256;

/** The runs of one agent. */
export class RunBound extends Bound<AgentContext> {
  readonly #inferenceCalls: Distribution;
  readonly #toolCalls: Distribution;
  readonly #children: Distribution;
  readonly #depth: Distribution;

  constructor(
    context: AgentContext,
    private readonly agent: Agent,
  ) {
    super(context, {
      key: "run",
      title: `invoke_agent ${context.name}`,
      attributes: { "gen_ai.operation.name": "invoke_agent" },
      concurrency: context.concurrencyOf("runs"),
    });
    const { metrics } = context;
    this.#inferenceCalls = metrics.distribution("inferenceCalls", this.attributes);
    this.#toolCalls = metrics.distribution("toolCalls", this.attributes);
    this.#children = metrics.distribution("childRuns", this.attributes);
    this.#depth = metrics.distribution("depth", this.attributes);
  }

  call<T>(work: () => T): T {
    const outer = this.context.shared.storage.getStore();
    this.enter();
    this.context.began();
    return new Run(this, this.agent, outer, this.now()).run(work);
  }

  /** Hot path of a run's end: four histogram writes. */
  counted({ inferenceCalls, toolCalls, children, depth }: Run): void {
    this.#inferenceCalls.record(inferenceCalls);
    this.#toolCalls.record(toolCalls);
    this.#children.record(children);
    this.#depth.record(depth);
    this.context.ended();
  }
}

/** One run of an agent, and what is done in it. */
export class Run extends ScopedCall {
  inferenceCalls = 0;
  toolCalls = 0;
  /** Runs begun in it. */
  children = 0;
  readonly depth: number;
  protected override readonly scope: Scope;
  /** What failed last and has not succeeded since: the same again is a retry. */
  #failed: Bound | undefined;
  #toolHashes: Set<number> | undefined;

  constructor(
    private readonly runs: RunBound,
    agent: Agent,
    outer: Scope | undefined,
    started: number,
  ) {
    super(runs, started);
    const parent = outer?.run;
    if (parent !== undefined) parent.children++;
    this.depth = (parent?.depth ?? 0) + 1;
    this.scope = { agent, run: this, workflow: outer?.workflow };
  }

  /** A model or tool call begins. */
  begins(call: Bound): void {
    if (this.#failed !== call) return;
    this.#failed = undefined;
    call.retried(1);
  }

  /** A model or tool call ended. */
  ends(call: Bound, outcome: Outcome): void {
    if (outcome === "error") this.#failed = call;
    else if (this.#failed === call) this.#failed = undefined;
  }

  /** Remembers the hash of a tool call. @returns whether there was one like it */
  repeats(hash: number): boolean {
    this.#toolHashes ??= new Set();
    if (this.#toolHashes.has(hash)) return true;
    if (this.#toolHashes.size < MAX_REMEMBERED) this.#toolHashes.add(hash);
    return false;
  }

  protected override rest(): void {
    super.rest();
    this.runs.context.ended();
  }

  protected override resume(): void {
    super.resume();
    this.runs.context.began();
  }

  protected override ended(): void {
    this.runs.counted(this);
  }
}
