export { type Cache, type CacheOptions, type CacheReadings, cache } from "./cache.js";
export { type Pool, type PoolOptions, type PoolReadings, pool } from "./pool.js";
export { type Queue, type QueueOptions, type QueueReadings, queue } from "./queue.js";
export type { Reading } from "./source.js";
export { type Workers, type WorkersOptions, type WorkersReadings, workers } from "./workers.js";
