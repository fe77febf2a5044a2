import type { Attributes } from "../../attributes/attributes.js";
import type { CounterSeries } from "../../instruments/counter.js";
import type { GaugeSeries } from "../../instruments/gauge.js";
import type { HistogramSeries } from "../../instruments/histogram.js";
import type { Instrumented, Internals } from "../../instruments/internals.js";
import { isOfSockets, type PoolReading, poolShapes } from "./pool-shapes.js";
import type { Reading } from "./source.js";
import { show, Watched } from "./watched.js";
import { wire } from "./wire.js";

/** What a pool tells of itself. */
export interface PoolReadings {
  /** Most it may hold; without it there is no saturation. */
  readonly max?: Reading;
  /** Lent out. */
  readonly used?: Reading;
  /** Held and not lent out. */
  readonly idle?: Reading;
  /** Held: `used + idle`; any two of the three make the third. */
  readonly size?: Reading;
  /** Asked for and not got yet. */
  readonly waiting?: Reading;
}

export interface PoolOptions {
  /**
   * `"db"`: `db.client.connection.*`, as OpenTelemetry names it; `"other"`: `auspex.pool.*`.
   * @default "other" for http.Agent and undici.Pool, else "db"
   */
  readonly kind?: "db" | "other";
  /** Most it may hold, where the source does not tell: undici.Pool's `connections`. */
  readonly max?: Reading;
  /** On every series beside the name, e.g. `db.system.name`. */
  readonly attributes?: Attributes;
}

/** A pool as it is watched. Its methods are the hot path, never throw, and do not allocate. */
export interface Pool {
  /** Somebody waited so long for something of the pool, and got it. */
  waited(durationMs: number): void;
  /** Something was lent out for so long. */
  used(durationMs: number): void;
  /** Something new took so long to be made. */
  created(durationMs: number): void;
  /** Somebody waited in vain. */
  timedOut(): void;
  /**
   * Times what `get` takes: `await handle.acquire(() => pool.connect())`. Result and error are passed on
   * unchanged. An error is no wait; one that tells of a time-out counts as that.
   */
  acquire<T>(get: () => T): T;
  /** Reads the pool no more. */
  stop(): void;
}

/**
 * Watches a pool: how many are used and idle, how many callers wait, and for how long.
 *
 * Read once a second, in a microsecond or two; no call of the pool is touched.
 * @param source - a pg, mysql, mysql2, generic-pool, tarn, knex or undici pool, an `http.Agent`, or
 *   {@link PoolReadings}; undefined: only what the handle is told
 * @returns the handle: one per name. A later call with another source reads that one instead
 */
export function pool(
  auspex: Instrumented,
  name: string,
  source?: PoolReadings | object,
  options?: PoolOptions,
): Pool {
  const kind = options?.kind ?? (isOfSockets(source) ? "other" : "db");
  return wire(auspex, name, source, {
    name: "pool",
    shapes: poolShapes,
    readings: ["max", "used", "idle", "size", "waiting"],
    told: { max: options?.max },
    make: (internals, title) => {
      return new PoolWatch(
        internals,
        title,
        kind === "other" ? OTHER : DATABASE,
        options?.attributes,
      );
    },
  });
}

interface Names {
  readonly prefix: string;
  readonly pool: string;
  readonly state: string;
  readonly unit: string;
}

/** `max` is called `limit` in conventions from 1.44 on; backends know the older name. */
const DATABASE: Names = {
  prefix: "db.client.connection",
  pool: "db.client.connection.pool.name",
  state: "db.client.connection.state",
  unit: "{connection}",
};

const OTHER: Names = {
  prefix: "auspex.pool",
  pool: "auspex.pool.name",
  state: "auspex.pool.state",
  unit: "{resource}",
};

class PoolWatch extends Watched<PoolReading> implements Pool {
  private readonly usedCount: GaugeSeries;
  private readonly idleCount: GaugeSeries;
  private readonly max: GaugeSeries;
  private readonly pending: GaugeSeries;
  private readonly timeouts: CounterSeries;
  private readonly waitTime: HistogramSeries;
  private readonly useTime: HistogramSeries;
  private readonly createTime: HistogramSeries;

  constructor(internals: Internals, title: string, names: Names, attributes?: Attributes) {
    super(internals, attributes, { [names.pool]: title });
    const { prefix, unit } = names;
    const count = (state: string) =>
      this.gauge(`${prefix}.count`, unit, "Held by the pool, by state.", {
        attributes: { [names.state]: state },
        canFill: true,
      });
    this.usedCount = count("used");
    this.idleCount = count("idle");
    this.max = this.gauge(`${prefix}.max`, unit, "Most that the pool may hold.");
    this.pending = this.gauge(`${prefix}.pending_requests`, "{request}", "Waiting for the pool.");
    this.timeouts = this.counter(`${prefix}.timeouts`, "{timeout}", "Waits for the pool in vain.");
    this.waitTime = this.durations(`${prefix}.wait_time`, "Time waited for the pool.");
    this.useTime = this.durations(`${prefix}.use_time`, "Time from being lent to coming back.");
    this.createTime = this.durations(`${prefix}.create_time`, "Time to make a new one.");
  }

  waited(durationMs: number): void {
    this.waitTime.record(durationMs);
  }

  used(durationMs: number): void {
    this.useTime.record(durationMs);
  }

  created(durationMs: number): void {
    this.createTime.record(durationMs);
  }

  timedOut(): void {
    this.timeouts.add(1);
  }

  acquire<T>(get: () => T): T {
    const { clock } = this.internals.registry;
    const began = clock.now();
    let result: T;
    try {
      result = get();
    } catch (error) {
      if (isTimeout(error)) this.timedOut();
      throw error;
    }
    // Only a promise is followed, by one derived from it: another thenable may begin to work when its
    // `then` is called, and a rejection nobody handles must be reported as ever.
    if (!(result instanceof Promise)) {
      if (!isThenable(result)) this.waited(clock.now() - began);
      return result;
    }
    const derived = result.then(
      (value) => {
        this.waited(clock.now() - began);
        return value;
      },
      (error) => {
        if (isTimeout(error)) this.timedOut();
        throw error;
      },
    );
    return Object.assign(derived, result);
  }

  protected show(): void {
    const { levels } = this;
    const max = levels.of("max");
    const waiting = levels.of("waiting");
    const used = either(levels.of("used"), levels.of("size") - levels.of("idle"));
    const idle = either(levels.of("idle"), levels.of("size") - levels.of("used"));
    const isFull = waiting > 0 && used + either(idle, 0) >= max;
    show(this.usedCount, used, isFull ? 1 : either(levels.of("fullness"), used / max));
    show(this.idleCount, idle);
    show(this.max, max);
    show(this.pending, waiting);
  }
}

function either(value: number, other: number): number {
  const chosen = Number.isNaN(value) ? other : value;
  return chosen >= 0 ? chosen : Number.NaN;
}

function isThenable(value: unknown): boolean {
  try {
    return typeof (value as { then?: unknown } | null | undefined)?.then === "function";
  } catch {
    return false;
  }
}

/** What pg, knex, tarn, generic-pool, sequelize and undici throw when nothing came free in time. */
function isTimeout(error: unknown): boolean {
  try {
    const { name, code, message } = error as { name?: unknown; code?: unknown; message?: unknown };
    return /time(?:d ?)?out/i.test(`${name} ${code} ${message}`.slice(0, 500));
  } catch {
    return false;
  }
}
