import { RedisExporter, type RedisTally } from "./exporter.js";
import type { FleetMessage } from "./messages.js";
import { type RedisExporterOptions, resolveRedisOptions } from "./options.js";
import type { PublishTally } from "./publisher.js";
import type { Retention, RetentionTier } from "./retention.js";
import {
  type SubscribeHandlers,
  type SubscribeOptions,
  type SubscribeTally,
  type Subscription,
  subscribe,
} from "./subscriber.js";
import type { RedisTarget } from "./target.js";

/**
 * An exporter that writes to Redis or a Redis Cluster, with the package `ioredis`: windows and totals of
 * this process, roll-ups of the whole service, and events for whoever listens.
 *
 * Connects at its first use, with a connection of its own, and never keeps the process alive.
 * @throws RangeError listing every fault of the options and how to mend it
 */
export function redis(options?: RedisExporterOptions): RedisExporter {
  return new RedisExporter(resolveRedisOptions(options));
}

export type {
  FleetMessage,
  PublishTally,
  RedisExporter,
  RedisExporterOptions,
  RedisTally,
  RedisTarget,
  Retention,
  RetentionTier,
  SubscribeHandlers,
  SubscribeOptions,
  SubscribeTally,
  Subscription,
};
export { subscribe };
