import type { Attributes } from "../../attributes/attributes.js";
import type { CounterSeries } from "../../instruments/counter.js";
import type { Clock } from "../../time/clock.js";
import type { Concurrency } from "./concurrency.js";
import type { Context } from "./context.js";
import type { OperationKey } from "./semconv.js";
import type { Work } from "./work.js";

/** What a piece of work is: its operation, title and attributes, resolved once. */
export interface Identity {
  readonly key: OperationKey;
  readonly title: string;
  readonly attributes: Attributes;
  readonly concurrency?: Concurrency | undefined;
}

/** One kind of work, bound to its attributes. */
export abstract class Bound<C extends Context = Context> {
  readonly work: Work;
  readonly attributes: Attributes;
  private readonly clock: Clock;
  private readonly concurrency: Concurrency | undefined;
  #timeouts: CounterSeries | undefined;
  #retries: CounterSeries | undefined;

  constructor(
    readonly context: C,
    { key, title, attributes, concurrency }: Identity,
  ) {
    const { metrics } = context;
    this.attributes = { ...context.attributes, ...attributes };
    this.work = metrics.work(key, title, this.attributes);
    this.clock = metrics.clock;
    this.concurrency = concurrency;
  }

  /** Monotonic ms. */
  now(): number {
    return this.clock.now();
  }

  /** One piece of it is under way. */
  enter(): void {
    this.work.signals.enter();
    if (this.concurrency !== undefined) this.concurrency.enter();
  }

  leave(): void {
    this.work.signals.leave();
    if (this.concurrency !== undefined) this.concurrency.leave();
  }

  timedOut(): void {
    this.#timeouts ??= this.context.metrics.counter("timeouts", this.attributes);
    this.#timeouts.add(1);
  }

  retried(times: number): void {
    this.#retries ??= this.context.metrics.counter("retries", this.attributes);
    this.#retries.add(times);
  }
}
