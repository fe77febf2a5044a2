import { ask, has, type Shape } from "./source.js";

export type QueueReading = "depth" | "active" | "capacity" | "oldestAgeMs";

/** BullMQ and Bull: each answer is a round trip to Redis. */
const bull: Shape<QueueReading> = {
  fits: (queue) => has(queue, "function", "getWaitingCount"),
  readings: (queue) => ({
    depth: () => ask(queue, "getWaitingCount"),
    ...(has(queue, "function", "getActiveCount")
      ? { active: () => ask(queue, "getActiveCount") }
      : {}),
  }),
};

/** p-queue: `size` waits, `pending` runs. */
const pQueue: Shape<QueueReading> = {
  fits: (queue) => has(queue, "number", "size", "pending"),
  readings: (queue) => ({ depth: () => queue.size, active: () => queue.pending }),
};

/** fastq and async.queue. */
const fastq: Shape<QueueReading> = {
  fits: (queue) => has(queue, "function", "length", "running", "push"),
  readings: (queue) => ({
    depth: () => ask(queue, "length"),
    active: () => ask(queue, "running"),
  }),
};

/** Arrays and what looks like one (denque, …), Map and Set. */
const collection: Shape<QueueReading> = {
  fits: (items) =>
    typeof items !== "function" &&
    !("depth" in items) &&
    (has(items, "number", "length") || items instanceof Map || items instanceof Set),
  readings: (items) => ({
    depth: () => (typeof items.length === "number" ? items.length : items.size),
  }),
};

export const queueShapes: readonly Shape<QueueReading>[] = [bull, pQueue, fastq, collection];
