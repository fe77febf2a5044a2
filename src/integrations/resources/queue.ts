import type { Attributes } from "../../attributes/attributes.js";
import type { CounterSeries } from "../../instruments/counter.js";
import type { GaugeSeries } from "../../instruments/gauge.js";
import type { HistogramSeries } from "../../instruments/histogram.js";
import type { Instrumented, Internals } from "../../instruments/internals.js";
import { LastMinute } from "./last-minute.js";
import { type QueueReading, queueShapes } from "./queue-shapes.js";
import type { Reading } from "./source.js";
import { show, Watched } from "./watched.js";
import { wire } from "./wire.js";

/** What a queue tells of itself. */
export interface QueueReadings {
  /** Items that wait. Without it: what the handle was told came in, less what went out. */
  readonly depth?: Reading;
  /** Items taken out and being worked on. */
  readonly active?: Reading;
  /** Most items that may wait; without it there is no saturation. */
  readonly capacity?: Reading;
  /** How long the item that came first has waited, in ms; 0 when none waits. */
  readonly oldestAgeMs?: Reading;
}

export interface QueueOptions {
  /** Most items that may wait, where the source does not tell. */
  readonly capacity?: Reading;
  /** How long the item that came first has waited, in ms, where the source does not tell. */
  readonly oldestAgeMs?: Reading;
  /** On every series beside the name. */
  readonly attributes?: Attributes;
}

/** A queue as it is watched. Its methods are the hot path, never throw, and do not allocate. */
export interface Queue {
  /** Items came in. @param items - @default 1 */
  enqueued(items?: number): void;
  /** Items went out, whatever became of them. @param items - @default 1 */
  dequeued(items?: number): void;
  /** One item waited so long. */
  waited(durationMs: number): void;
  /** Reads the queue no more. */
  stop(): void;
}

/**
 * Watches a queue: how many items wait, for how long, and how many come and go.
 *
 * Its estimate of the wait is Little's law over the last minute: mean depth ÷ items taken out a second.
 * It needs `dequeued()`. With items waiting and none taken out for a minute there is no estimate: no
 * finite one would be true. An empty queue is a wait of 0.
 * @param source - an array, a Map, a Set, a fastq, async, p-queue, Bull or BullMQ
 *   queue, or {@link QueueReadings}; undefined: only what the handle is told
 * @returns the handle: one per name. A later call with another source reads that one instead
 * @see J. D. C. Little, A Proof for the Queuing Formula L = λW, 1961
 */
export function queue(
  auspex: Instrumented,
  name: string,
  source?: QueueReadings | object,
  options?: QueueOptions,
): Queue {
  return wire(auspex, name, source, {
    name: "queue",
    shapes: queueShapes,
    readings: ["depth", "active", "capacity", "oldestAgeMs"],
    told: { capacity: options?.capacity, oldestAgeMs: options?.oldestAgeMs },
    make: (internals, title) => new QueueWatch(internals, title, options?.attributes),
  });
}

class QueueWatch extends Watched<QueueReading> implements Queue {
  private readonly depth: GaugeSeries;
  private readonly active: GaugeSeries;
  private readonly capacity: GaugeSeries;
  private readonly oldestAge: GaugeSeries;
  private readonly estimatedWait: GaugeSeries;
  private readonly incoming: CounterSeries;
  private readonly outgoing: CounterSeries;
  private readonly wait: HistogramSeries;
  /** By the handle's account. */
  private held = 0;
  private taken = 0;
  private takenBefore = 0;
  private readonly minute = new LastMinute();

  constructor(internals: Internals, title: string, attributes?: Attributes) {
    super(internals, attributes, { "auspex.queue.name": title });
    const item = "{item}";
    this.depth = this.gauge("auspex.queue.depth", item, "Items that wait.", { canFill: true });
    this.active = this.gauge("auspex.queue.active", item, "Items being worked on.");
    this.capacity = this.gauge("auspex.queue.capacity", item, "Most items that may wait.");
    this.oldestAge = this.gauge("auspex.queue.oldest.age", "s", "Age of the item that came first.");
    this.estimatedWait = this.gauge(
      "auspex.queue.wait.estimated",
      "s",
      "Mean depth by items taken out a second, over the last minute (Little's law).",
    );
    this.incoming = this.counter("auspex.queue.enqueued", item, "Items that came in.");
    this.outgoing = this.counter("auspex.queue.dequeued", item, "Items that went out.");
    this.wait = this.durations("auspex.queue.wait.duration", "Time items waited.");
  }

  enqueued(items = 1): void {
    this.incoming.add(items);
    if (isCount(items)) this.held += items;
  }

  dequeued(items = 1): void {
    this.outgoing.add(items);
    if (!isCount(items)) return;
    this.taken += items;
    // Items from before the handle was there: they were never counted in.
    this.held = Math.max(0, this.held - items);
  }

  waited(durationMs: number): void {
    this.wait.record(durationMs);
  }

  protected show(elapsedMs: number): void {
    const { levels } = this;
    const depth = levels.has("depth") ? levels.of("depth") : this.held;
    const capacity = levels.of("capacity");
    show(this.depth, depth, capacity > 0 ? depth / capacity : Number.NaN);
    show(this.active, levels.of("active"));
    show(this.capacity, capacity);
    show(this.oldestAge, levels.of("oldestAgeMs") / 1000);
    show(this.estimatedWait, this.estimate(elapsedMs, depth));
  }

  private estimate(elapsedMs: number, depth: number): number {
    const taken = this.taken - this.takenBefore;
    this.takenBefore = this.taken;
    if (elapsedMs > 0 && depth >= 0) this.minute.push(elapsedMs, depth * elapsedMs, taken);
    const { first: depthTimesMs, second: takenInAll } = this.minute;
    if (depthTimesMs === 0) return depth === 0 ? 0 : Number.NaN;
    // (Σ depth·time ÷ time) ÷ (taken ÷ time): the time cancels out.
    return takenInAll > 0 ? depthTimesMs / 1000 / takenInAll : Number.NaN;
  }
}

/** What the counters take, too; they count what they drop. */
function isCount(items: unknown): boolean {
  return typeof items === "number" && items >= 0 && items < Number.POSITIVE_INFINITY;
}
