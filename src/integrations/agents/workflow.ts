import type { Outcome } from "../../instruments/golden-signals.js";
import type { Agent } from "./api.js";
import { Bound } from "./bound.js";
import { Call } from "./call.js";
import type { AgentContext } from "./context.js";
import type { Scope } from "./scope.js";
import { ScopedCall } from "./scoped-call.js";

/** One workflow, as one agent goes through it. */
export class WorkflowBound extends Bound {
  constructor(
    context: AgentContext,
    private readonly agent: Agent,
    private readonly name: string,
  ) {
    super(context, {
      key: "workflow",
      title: `invoke_workflow ${name}`,
      attributes: { "gen_ai.operation.name": "invoke_workflow", "gen_ai.workflow.name": name },
    });
  }

  call<T>(work: () => T): T {
    const outer = this.context.shared.storage.getStore();
    const scope: Scope = { agent: this.agent, run: outer?.run, workflow: this.name };
    this.enter();
    return new WorkflowCall(this, scope, this.now()).run(work);
  }
}

class WorkflowCall extends ScopedCall {
  constructor(
    bound: WorkflowBound,
    protected override readonly scope: Scope,
    started: number,
  ) {
    super(bound, started);
  }
}

/** One step, as one agent takes it within one workflow. */
export class StepBound extends Bound<AgentContext> {
  /** @param workflow - undefined for a step outside of any */
  constructor(
    context: AgentContext,
    private readonly workflow: string | undefined,
    private readonly name: string,
  ) {
    const within = workflow === undefined ? undefined : { "gen_ai.workflow.name": workflow };
    super(context, {
      key: "step",
      title: `step ${name}`,
      attributes: { ...within, "auspex.workflow.step.name": name },
    });
  }

  call<T>(work: () => T): T {
    this.enter();
    return new StepCall(this, this.now()).run(work);
  }

  finished(outcome: Outcome, durationMs: number): void {
    const { observers } = this.context.shared;
    if (!observers.isHeard) return;
    const { workflow, name: step } = this;
    const { name: agent } = this.context;
    observers.tell("stepFinished", { agent, workflow, step, durationMs, outcome });
  }
}

class StepCall extends Call {
  constructor(
    private readonly step: StepBound,
    started: number,
  ) {
    super(step, started);
  }

  protected override ended(outcome: Outcome, durationMs: number): void {
    this.step.finished(outcome, durationMs);
  }
}
