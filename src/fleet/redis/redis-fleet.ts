import { Diag, describeError } from "../../diag/diag.js";
import { RedisConnection } from "../../exporters/redis/redis-connection.js";
import { Checks, isObject, show } from "../../readers/checks.js";
import type { PullSource } from "../../readers/pull.js";
import { inSlices, Slices } from "../../time/slices.js";
import type { WindowName } from "../../window/rolling-window.js";
import { mergeSnapshots, mergingSnapshots } from "../merge.js";
import type { FleetMissing, FleetPart } from "../model.js";
import { type Collected, FleetPage } from "../page.js";
import { Asking } from "./ask.js";
import { batchesOf, endedOf } from "./collect.js";
import { matching } from "./filter.js";
import { LastKnown } from "./last-known.js";
import type {
  FleetFilter,
  RangeQuery,
  RangeResult,
  RangeSeries,
  RedisFleetSnapshot,
} from "./model.js";
import { operationKey } from "./operation-key.js";
import {
  type RedisFleetOptions,
  type ResolvedRedisFleetOptions,
  resolveFleetOptions,
} from "./options.js";
import { rangeOf } from "./range.js";
import { FILTER, filterOf, type ResolvedRange, resolveRange, stepsOf } from "./range-query.js";
import type { Reading } from "./read.js";
import { SPAN_MS, take } from "./take.js";
import { missingOf } from "./view.js";
import { ViewSource } from "./view-source.js";

/** What a result is missing when Redis cannot be read. */
const UNREACHABLE: FleetMissing = Object.freeze({ id: "redis", reason: "unreachable" });

const WINDOWS = Object.keys(SPAN_MS) as readonly WindowName[];

/**
 * All processes that write to one Redis, as one; `redisFleet()` makes it.
 *
 * It connects at its first use and keeps no process alive. A Redis that is away makes a result `stale` and
 * `partial`: the last one of its kind, or an empty one, with the `reason`. Nothing else goes wrong: what
 * rejects is a filter or a query that makes no sense.
 */
export class RedisFleet {
  /** Answers a Prometheus scrape with the totals of the whole fleet: `app.get("/metrics", fleet.metrics)`. */
  readonly metrics: (request: unknown, response: unknown) => void;
  readonly #options: ResolvedRedisFleetOptions;
  readonly #connection: RedisConnection;
  readonly #asking: Asking;
  readonly #source: ViewSource;
  readonly #page: FleetPage;
  readonly #running = new Map<string, Promise<unknown>>();
  readonly #known = new LastKnown();

  /** @throws RangeError listing every fault of the options */
  constructor(given?: RedisFleetOptions) {
    const options = resolveFleetOptions(given);
    this.#options = options;
    this.#connection = new RedisConnection(options.maker, options.timeoutMs);
    this.#asking = new Asking(this.#connection);
    this.#source = new ViewSource(this.#asking, options.prefix, options.filter);
    this.#page = new FleetPage(pageSource(options), () => this.#collected());
    this.metrics = this.#page.handler;
  }

  /**
   * All that is known about a window, of all processes of all services, or of those that fit.
   *
   * The newest values are those of the last flush of each process. Whoever asks for the same while an
   * answer is under way shares it.
   * @param window - `"10s"`, `"1m"`, `"5m"`, `"1h"` or `"total"`; anything else is `"1m"`
   */
  async snapshot(window: WindowName = "1m", filter: FleetFilter = {}): Promise<RedisFleetSnapshot> {
    const known = WINDOWS.includes(window) ? window : "1m";
    const wanted = checkedFilter(filter);
    const key = JSON.stringify([known, wanted]);
    return this.#shared(key, async () => {
      const nowMs = this.#options.clock.wall();
      try {
        return this.#known.keep(key, await this.#snapshot(known, wanted, nowMs));
      } catch (error) {
        const last = this.#known.get<RedisFleetSnapshot>(key);
        const empty = { service: "", window: known, nowMs };
        return withoutRedis(last ?? fresh(mergeSnapshots([], empty)), error);
      }
    });
  }

  /**
   * Operations, or a metric, over a range of time: percentiles of the values of all processes pooled,
   * rates, errors, step by step.
   *
   * Read from the roll-ups that are coarse enough, and from raw windows where there are none yet.
   * @throws RangeError (by rejecting) naming everything that is wrong with the query
   */
  async range(query: RangeQuery): Promise<RangeResult> {
    const nowMs = this.#options.clock.wall();
    const resolved = resolveRange(query, nowMs);
    const key = JSON.stringify(["range", resolved]);
    return this.#shared(key, async () => {
      try {
        return await this.#range(resolved, nowMs);
      } catch (error) {
        const { fromMs: from, toMs: to, stepMs = 0 } = resolved;
        return withoutRedis(
          fresh({ from, to, stepMs, series: [], partial: true, missing: [] }),
          error,
        );
      }
    });
  }

  /** Names of the services there are; none when Redis cannot be read. */
  async services(): Promise<readonly string[]> {
    try {
      return await this.#source.names({});
    } catch {
      return [];
    }
  }

  /** The Prometheus page that `metrics` serves. */
  text(): Promise<string> {
    return this.#page.text();
  }

  /** Closes the connection. What is asked afterwards is answered without Redis. */
  close(): void {
    this.#connection.close();
  }

  async #snapshot(
    window: WindowName,
    filter: FleetFilter,
    nowMs: number,
  ): Promise<RedisFleetSnapshot> {
    const reading = this.#reading();
    const parts: FleetPart[] = [];
    const missing: FleetMissing[] = [];
    const processes = new Map<string, number>();
    for (const view of await this.#source.views(filter, nowMs)) {
      const taken = await take(view, window, filter, reading);
      parts.push(...taken.parts);
      missing.push(...missingOf(view.processes, nowMs, SPAN_MS[window]));
      for (const [key, count] of taken.processes) processes.set(key, count);
    }
    const options = { missing, window, nowMs };
    const merged = await inSlices(mergingSnapshots(parts, options), reading.slices);
    const operations = merged.operations.map((each) => {
      const count = processes.get(operationKey(each.service, each));
      return count === undefined ? each : Object.freeze({ ...each, processes: count });
    });
    return fresh({ ...merged, operations: Object.freeze(operations) });
  }

  async #range(query: ResolvedRange, nowMs: number): Promise<RangeResult> {
    const reading = this.#reading();
    const { filter } = query;
    const fits = matching(filter);
    const asked = (await this.#source.views(filter, nowMs)).map((view) => {
      const series = [...view.book.since(query.fromMs, fits)].filter(({ descriptor }) => {
        return filter.metric !== undefined || descriptor.signals !== undefined;
      });
      return { view, series, categories: new Set(series.map((each) => each.descriptor.category)) };
    });
    const steps = stepsOf(query, asked);
    const found: RangeSeries[] = [];
    const missing: FleetMissing[] = [];
    for (const { view, series } of asked) {
      found.push(...(await rangeOf(view, series, steps, query, reading)));
      if (steps.toMs > nowMs) missing.push(...missingOf(view.processes, nowMs, steps.stepMs));
    }
    const { fromMs: from, toMs: to, stepMs } = steps;
    const partial = missing.length > 0;
    return fresh({ from, to, stepMs, series: Object.freeze(found), partial, missing });
  }

  /** Totals of all, for a page; when Redis cannot be read, those of last time. */
  async #collected(): Promise<Collected> {
    const reading = this.#reading();
    const nowMs = this.#options.clock.wall();
    const faults = new Map();
    try {
      const views = await this.#source.views({}, nowMs);
      const parts = [];
      for (const view of views) parts.push(...(await batchesOf(view, views.length > 1, reading)));
      const missing = views.flatMap(({ processes }) => missingOf(processes, nowMs, 0));
      const ended = views.reduce((count, view) => count + endedOf(view), 0);
      return this.#known.keep("page", { parts, missing, ended, faults });
    } catch {
      const last = this.#known.get<Collected>("page") ?? {
        parts: [],
        missing: [],
        ended: 0,
        faults,
      };
      return { ...last, missing: [...last.missing, UNREACHABLE] };
    }
  }

  #reading(): Reading {
    return { asking: this.#asking, keys: this.#source.keys, slices: new Slices() };
  }

  #shared<T>(key: string, work: () => Promise<T>): Promise<T> {
    let running = this.#running.get(key) as Promise<T> | undefined;
    if (running === undefined) {
      running = work().finally(() => this.#running.delete(key));
      this.#running.set(key, running);
    }
    return running;
  }
}

/**
 * Reads a fleet from Redis: what the exporters `redis()` of all its processes write there.
 *
 * @throws RangeError listing every fault of the options
 */
export function redisFleet(options?: RedisFleetOptions): RedisFleet {
  return new RedisFleet(options);
}

function checkedFilter(given: FleetFilter): FleetFilter {
  const checks = new Checks();
  if (!isObject(given))
    checks.fault(`the filter is ${show(given)}; give { service, operation, attributes }`);
  const filter = filterOf(
    checks.exactly<FleetFilter, (typeof FILTER)[number]>("", given, FILTER),
    checks,
  );
  if (checks.faults.length > 0) throw new RangeError(`snapshot: ${checks.faults.join("; ")}`);
  return filter;
}

function fresh<T extends object>(result: T): T & { readonly stale: false } {
  return Object.freeze({ ...result, stale: false });
}

/** The same, as good as it is without Redis. */
function withoutRedis<T extends { readonly missing: readonly FleetMissing[] }>(
  result: T,
  error: unknown,
): T {
  const missing = Object.freeze([...result.missing, UNREACHABLE]);
  return Object.freeze({
    ...result,
    partial: true,
    missing,
    stale: true,
    reason: describeError(error),
  });
}

/** A page needs a monitor to speak for; here nobody is one. */
function pageSource({ clock, filter }: ResolvedRedisFleetOptions): PullSource {
  const [name, ...others] = filter.service ?? [];
  const isOne = name !== undefined && others.length === 0 && !name.includes("*");
  return {
    resource: { attributes: isOne ? { "service.name": name } : {} },
    incarnation: { id: "fleet", startTimeMs: clock.wall() },
    clock,
    diag: new Diag(),
    streams: () => [],
  };
}
