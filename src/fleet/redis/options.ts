import { makerOf, prefixOf, TARGET, throwFaults } from "../../exporters/redis/options.js";
import type { ClientMaker, RedisTarget } from "../../exporters/redis/target.js";
import { Checks, isObject, show } from "../../readers/checks.js";
import { type Clock, SystemClock } from "../../time/clock.js";
import type { FleetFilter } from "./model.js";
import { filterOf } from "./range-query.js";

export interface RedisFleetOptions extends RedisTarget {
  /** As that of the exporters. @default "auspex" */
  readonly prefix?: string;
  /** Names of services to read, in which `*` stands for any text. @default all below the prefix */
  readonly service?: string | readonly string[];
  /** Longest that connecting, or one round trip, may take, ms. @default 5000 */
  readonly timeoutMs?: number;
  /** Time, for tests. @default that of the system */
  readonly clock?: Clock;
}

export interface ResolvedRedisFleetOptions {
  readonly maker: ClientMaker;
  readonly prefix: string;
  readonly filter: FleetFilter;
  readonly timeoutMs: number;
  readonly clock: Clock;
}

const KNOWN = [...TARGET, "prefix", "service", "timeoutMs", "clock"] as const;

/** @throws RangeError listing every fault of the options */
export function resolveFleetOptions(given: RedisFleetOptions = {}): ResolvedRedisFleetOptions {
  const checks = new Checks();
  if (!isObject(given)) checks.fault(`options is ${show(given)}; give an object, or nothing`);
  const options: RedisFleetOptions = checks.exactly("", given, KNOWN);
  const { clock = new SystemClock() } = options;
  const methods = checks.fields("clock.", clock, ["now", "wall", "schedule"]);
  if (Object.values(methods).filter((method) => typeof method === "function").length < 3) {
    checks.fault(
      `clock is ${show(clock)}; give an object with now(), wall() and schedule(ms, callback)`,
    );
  }
  const resolved = {
    maker: makerOf(options, checks),
    prefix: prefixOf(options.prefix, checks),
    filter: filterOf({ service: options.service }, checks),
    timeoutMs: checks.number("timeoutMs", options.timeoutMs, 5000, 50, 60_000),
    clock,
  };
  throwFaults("redisFleet", checks);
  return Object.freeze(resolved);
}
