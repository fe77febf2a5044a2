import type { GaugeSeries } from "../../instruments/gauge.js";
import type { QueuedTask } from "./api.js";
import type { AgentContext } from "./context.js";
import type { TaskBound } from "./task.js";

/** Tasks that wait for one agent. */
export class TaskQueue {
  #depth = 0;
  #gauge: GaugeSeries | undefined;

  constructor(private readonly context: AgentContext) {}

  add(tasks: TaskBound, limitMs: number | undefined): QueuedTask {
    this.#change(1);
    const { clock } = this.context.metrics;
    const place = new Place(() => this.#change(-1), clock.now());
    const task = new Waiting(place, (work) => {
      const waitMs = place.leave() ? clock.now() - place.since : undefined;
      return tasks.begin(work, waitMs, limitMs);
    });
    lost.register(task, { place, context: this.context });
    return task;
  }

  #change(by: number): void {
    this.#depth += by;
    this.#gauge ??= this.context.metrics.gauge("queueDepth", this.context.attributes);
    this.#gauge.set(this.#depth);
    const { queueCapacity } = this.context.options;
    if (queueCapacity === undefined) return;
    this.#gauge.saturation = Math.min(1, this.#depth / queueCapacity);
  }
}

/** A place in a queue, given back once. */
class Place {
  #isHeld = true;

  constructor(
    private readonly giveBack: () => void,
    /** Monotonic ms. */
    readonly since: number,
  ) {}

  /** @returns whether it was held until now */
  leave(): boolean {
    if (!this.#isHeld) return false;
    this.#isHeld = false;
    this.giveBack();
    return true;
  }
}

/** Tasks that nobody can begin any more must not stay in the queue for ever. */
const lost = new FinalizationRegistry<{ place: Place; context: AgentContext }>(
  ({ place, context }) => {
    if (place.leave()) context.fault("task_abandoned");
  },
);

class Waiting implements QueuedTask {
  readonly #place: Place;
  readonly #begin: <T>(work: () => T) => T;

  constructor(place: Place, begin: <T>(work: () => T) => T) {
    this.#place = place;
    this.#begin = begin;
  }

  run<T>(work: () => T): T {
    return this.#begin(work);
  }

  cancel(): void {
    this.#place.leave();
  }
}
