import { AsyncLocalStorage } from "node:async_hooks";
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

const STATE = Symbol.for("auspex.agents@0");

/** One for all copies of this library in the process: a CommonJS tool finds the run of an ES module. */
export function agentState(): AgentState {
  const holder = globalThis as unknown as Record<symbol, AgentState | undefined>;
  holder[STATE] ??= {
    storage: new AsyncLocalStorage(),
    agents: new WeakMap(),
    observers: new WeakMap(),
  };
  return holder[STATE];
}
