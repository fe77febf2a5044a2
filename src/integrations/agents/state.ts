import { AsyncLocalStorage } from "node:async_hooks";
import { processWide } from "../../diag/process-wide.js";
import type { Instrumented } from "../../instruments/internals.js";
import type { Agents } from "./agents.js";
import type { Observers } from "./observers.js";
import type { Scope } from "./scope.js";

interface AgentState {
  /** What runs around the code at hand. A storage of our own: the host's are as they were. */
  readonly storage: AsyncLocalStorage<Scope>;
  readonly agents: WeakMap<Instrumented, Agents>;
  readonly observers: WeakMap<Instrumented, Observers>;
}

const state = processWide<AgentState>("auspex.agents@0", () => ({
  storage: new AsyncLocalStorage(),
  agents: new WeakMap(),
  observers: new WeakMap(),
}));

/** One for all copies of this library in the process: a tool of one copy finds the run of another. */
export function agentState(): AgentState {
  return state;
}
