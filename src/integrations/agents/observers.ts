import { isThenable, silence } from "../../diag/guarded-call.js";
import type { Outcome } from "../../instruments/golden-signals.js";
import { INTERNALS, type Instrumented } from "../../instruments/internals.js";
import { agentState } from "./state.js";

export interface TaskStarted {
  readonly agent: string;
  readonly type: string;
  /** Time in a queue; 0 when there was none. */
  readonly waitMs: number;
}

export interface TaskFinished extends TaskStarted {
  readonly durationMs: number;
  readonly outcome: Outcome;
  /** Most that waiting and doing may take together, where the host said. */
  readonly limitMs: number | undefined;
}

export interface StepFinished {
  readonly agent: string;
  /** Undefined for a step outside of any workflow. */
  readonly workflow: string | undefined;
  readonly step: string;
  readonly durationMs: number;
  readonly outcome: Outcome;
}

/** Told of what agents do, as it happens. What its methods throw is counted, and changes nothing. */
export interface AgentObserver {
  taskStarted?(event: TaskStarted): void;
  /** One that began stands ready only: a query that nobody has sent yet. It may begin again. */
  taskShelved?(event: Pick<TaskStarted, "agent" | "type">): void;
  taskFinished?(event: TaskFinished): void;
  stepFinished?(event: StepFinished): void;
  /** An agent that did nothing began a run or a task, or ended its last one. */
  activityChanged?(event: { readonly agent: string; readonly active: boolean }): void;
}

type Told = { [K in keyof AgentObserver]-?: Parameters<NonNullable<AgentObserver[K]>>[0] };

/** A mistake that adds observers without end must not slow every task. */
const MAX_OBSERVERS = 16;

/** The observers of one monitor. */
export class Observers {
  /** Whether anybody listens: callers ask before they make an event. */
  isHeard = false;
  #observers: readonly AgentObserver[] = [];

  constructor(private readonly tally: { callbackErrors: number }) {}

  /** @returns stop; undefined when there are too many */
  add(observer: AgentObserver): (() => void) | undefined {
    if (this.#observers.length >= MAX_OBSERVERS) return undefined;
    this.#set([...this.#observers, observer]);
    return () => this.#set(this.#observers.filter((each) => each !== observer));
  }

  tell<K extends keyof AgentObserver>(what: K, event: Told[K]): void {
    for (const observer of this.#observers) {
      try {
        const answer: unknown = observer[what]?.(event as never);
        if (isThenable(answer)) silence(answer);
      } catch {
        this.tally.callbackErrors++;
      }
    }
  }

  #set(observers: readonly AgentObserver[]): void {
    this.#observers = observers;
    this.isHeard = observers.length > 0;
  }
}

/** The observers of a monitor: one list, whichever copy of this library asks. */
export function observersOf(auspex: Instrumented): Observers {
  const { observers } = agentState();
  let known = observers.get(auspex);
  if (known === undefined) {
    known = new Observers(auspex[INTERNALS].callbacks);
    observers.set(auspex, known);
  }
  return known;
}

/**
 * Tells `observer` of tasks, steps and activity of all agents of a monitor, those to come among them.
 * Costs agents nothing while there is no observer.
 * @returns stop
 */
export function observeAgents(auspex: Instrumented, observer: AgentObserver): () => void {
  const stop = observersOf(auspex).add(observer);
  if (stop !== undefined) return stop;
  auspex[INTERNALS].diag.warn("agents:observers", `agents have ${MAX_OBSERVERS} observers already`);
  return () => {};
}
