import { INTERNALS, type Instrumented, type Internals } from "../../instruments/internals.js";
import { NamedAgent } from "./agent.js";
import type { Agent, Mcp, McpSide } from "./api.js";
import type { Shared } from "./context.js";
import { McpEnd } from "./mcp.js";
import { Metrics } from "./metrics.js";
import { Named, nameWithoutIds, plainName } from "./names.js";
import { observersOf } from "./observers.js";
import { type AgentOptions, type ResolvedAgentOptions, resolveAgentOptions } from "./options.js";
import { Provider } from "./provider.js";
import { editionsFrom } from "./semconv.js";
import { agentState } from "./state.js";

/** Agents that one monitor tells apart; those beyond share one. */
const MAX_AGENTS = 1000;
const MAX_PROVIDERS = 100;

/** The agents of one monitor. */
export class Agents {
  readonly #internals: Internals;
  readonly #shared: Shared;
  readonly #agents: Named<Agent>;
  readonly #mcp = new Map<McpSide, Mcp>();
  /** Of the agent that is made next. */
  #options: ResolvedAgentOptions | undefined;

  constructor(auspex: Instrumented) {
    this.#internals = auspex[INTERNALS];
    const { diag } = this.#internals;
    const metrics = new Metrics(
      this.#internals,
      editionsFrom(process.env.OTEL_SEMCONV_STABILITY_OPT_IN),
    );
    const full = (what: string) => () => {
      diag.warn(`agents:${what}`, `there are too many ${what}; those to come share one name`);
    };
    this.#shared = {
      metrics,
      storage: agentState().storage,
      observers: observersOf(auspex),
      providers: new Named(
        (name) => new Provider(name, metrics),
        plainName,
        MAX_PROVIDERS,
        full("providers"),
      ),
    };
    this.#agents = new Named(
      (name) => new NamedAgent(name, this.#shared, this.#options ?? resolveAgentOptions(undefined)),
      nameWithoutIds,
      MAX_AGENTS,
      full("agents"),
    );
  }

  static of(auspex: Instrumented): Agents {
    const { agents } = agentState();
    let known = agents.get(auspex);
    if (known === undefined) {
      known = new Agents(auspex);
      agents.set(auspex, known);
    }
    return known;
  }

  /** Get or create; the options count when it is made. */
  get(name: string, given: AgentOptions | undefined): Agent {
    const options = given === undefined ? undefined : resolveAgentOptions(given);
    if (options !== undefined && this.#agents.has(name)) {
      const { diag } = this.#internals;
      diag.warn(`agent:${name}`, `the agent "${name}" is there already, with its first options`);
    }
    this.#options = options;
    try {
      return this.#agents.get(name);
    } finally {
      this.#options = undefined;
    }
  }

  mcp(side: McpSide): Mcp {
    let known = this.#mcp.get(side);
    if (known === undefined) {
      known = new McpEnd(this.#shared, side);
      this.#mcp.set(side, known);
    }
    return known;
  }
}

/**
 * An agent of this program, by its name: get or create, one per monitor and name.
 *
 * @param name - what it is, never which one: `researcher`. What looks like an id in it becomes `*`
 * @param options - count the first time only
 * @throws TypeError listing every fault of the options and how to mend it
 */
export function agent(auspex: Instrumented, name: string, options?: AgentOptions): Agent {
  return Agents.of(auspex).get(name, options);
}

/** The agent whose run, task or workflow the code at hand is part of; undefined outside of any. */
export function currentAgent(): Agent | undefined {
  return agentState().storage.getStore()?.agent;
}

/**
 * The requests and sessions of the Model Context Protocol that this program has part in: get or create.
 *
 * @param side - which part: anything but `"server"` is the client's
 */
export function mcp(auspex: Instrumented, side: McpSide = "client"): Mcp {
  return Agents.of(auspex).mcp(side === "server" ? side : "client");
}
