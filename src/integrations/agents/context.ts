import type { AsyncLocalStorage } from "node:async_hooks";
import type { Attributes } from "../../attributes/attributes.js";
import type { CounterSeries } from "../../instruments/counter.js";
import { Concurrency } from "./concurrency.js";
import type { Metrics } from "./metrics.js";
import type { Named } from "./names.js";
import type { Observers } from "./observers.js";
import type { ConcurrencyLimits, ResolvedAgentOptions } from "./options.js";
import type { Provider } from "./provider.js";
import type { Scope } from "./scope.js";
import type { OddUsage } from "./usage.js";

/** Why something could not be used, or was left behind. */
export type Fault =
  | OddUsage
  /** A usage callback threw, or its promise rejected. */
  | "usage_threw"
  /** A usage callback answered nothing. */
  | "usage_missing"
  /** There are prices, and none for the model. */
  | "price_missing"
  /** Nobody can read the stream, await the promise, begin the task or end the session any more. */
  | "stream_abandoned"
  | "promise_abandoned"
  | "task_abandoned"
  | "session_abandoned"
  /** A time limit or a time of queueing that is none. */
  | "task_option"
  /** There are too many names: the rest share one. */
  | "name_limit";

/** What all agents of one monitor share. */
export interface Shared {
  readonly metrics: Metrics;
  readonly storage: AsyncLocalStorage<Scope>;
  readonly observers: Observers;
  readonly providers: Named<Provider>;
}

/** What work has in common that belongs together. */
export class Context {
  readonly #faults = new Map<Fault, CounterSeries>();

  constructor(
    readonly shared: Shared,
    /** On every series. */
    readonly attributes: Attributes,
  ) {}

  get metrics(): Metrics {
    return this.shared.metrics;
  }

  fault(reason: Fault): void {
    let counter = this.#faults.get(reason);
    if (counter === undefined) {
      const attributes = { ...this.attributes, "auspex.fault": reason };
      counter = this.metrics.counter("faults", attributes);
      this.#faults.set(reason, counter);
    }
    counter.add(1);
  }
}

/** That of all work of one agent. */
export class AgentContext extends Context {
  readonly #concurrency = new Map<keyof ConcurrencyLimits, Concurrency>();
  #active = 0;

  constructor(
    readonly name: string,
    shared: Shared,
    readonly options: ResolvedAgentOptions,
  ) {
    super(shared, { "gen_ai.agent.name": name });
    for (const kind of ["runs", "models", "tools", "tasks"] as const) {
      const limit = options.concurrency[kind];
      if (limit === undefined) continue;
      this.#concurrency.set(kind, new Concurrency(shared.metrics, this.attributes, kind, limit));
    }
  }

  /** Undefined where the host gave no limit. */
  concurrencyOf(kind: keyof ConcurrencyLimits): Concurrency | undefined {
    return this.#concurrency.get(kind);
  }

  /** A run or a task began. */
  began(): void {
    if (this.#active++ === 0) this.#tell(true);
  }

  ended(): void {
    if (--this.#active === 0) this.#tell(false);
  }

  #tell(active: boolean): void {
    const { observers } = this.shared;
    if (observers.isHeard) observers.tell("activityChanged", { agent: this.name, active });
  }
}
