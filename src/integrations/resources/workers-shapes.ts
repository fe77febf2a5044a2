import { ask, at, type Foreign, has, limit, type Shape } from "./source.js";

export type WorkersReading = "size" | "busy" | "queued" | "max";

/** piscina and tinypool. */
const piscina: Shape<WorkersReading> = {
  fits: (pool) => Array.isArray(pool.threads) && has(pool, "number", "queueSize"),
  readings: (pool) => ({
    size: () => at(pool, "threads", "length"),
    queued: () => pool.queueSize,
    max: () => limit(firstNumber(at(pool, "maxThreads"), at(pool, "options", "maxThreads"))),
    ...(has(pool, "number", "utilization", "duration") ? { busy: busyOf(pool) } : {}),
  }),
};

/**
 * Threads busy in the mean since the last reading.
 *
 * Piscina does not tell how many are. It tells their utilization since it was made, of which the
 * difference is what happened lately; a task counts when it ends. While tasks wait all are busy.
 */
function busyOf(pool: Foreign): () => number {
  let workedMs = 0;
  let elapsedMs = 0;
  return () => {
    const size = at(pool, "threads", "length");
    const elapsed = at(pool, "duration") - elapsedMs;
    const worked = at(pool, "utilization") * at(pool, "duration") - workedMs;
    elapsedMs += elapsed;
    workedMs += worked;
    if (at(pool, "queueSize") > 0) return size;
    const threads = firstNumber(at(pool, "maxThreads"), at(pool, "options", "maxThreads"), size);
    return elapsed > 0 ? Math.min(size, Math.max(0, (worked / elapsed) * threads)) : 0;
  };
}

/** workerpool. */
const workerpool: Shape<WorkersReading> = {
  fits: (pool) => has(pool, "function", "stats", "exec"),
  readings: (pool) => {
    const figure = (name: string) => () => at(ask(pool, "stats"), name);
    return {
      size: figure("totalWorkers"),
      busy: figure("busyWorkers"),
      queued: figure("pendingTasks"),
      max: () => limit(at(pool, "maxWorkers")),
    };
  },
};

/** poolifier. */
const poolifier: Shape<WorkersReading> = {
  fits: ({ info }) => has(info, "number", "workerNodes", "busyWorkerNodes"),
  readings: (pool) => ({
    size: () => at(pool, "info", "workerNodes"),
    busy: () => at(pool, "info", "busyWorkerNodes"),
    max: () => limit(at(pool, "info", "maxSize")),
  }),
};

function firstNumber(...numbers: readonly number[]): number {
  return numbers.find((number) => !Number.isNaN(number)) ?? Number.NaN;
}

export const workersShapes: readonly Shape<WorkersReading>[] = [piscina, workerpool, poolifier];
