import { describe, expect, it } from "vitest";
import { pool } from "../../../src/integrations/resources/index.js";
import { manualMonitor } from "../../helpers/monitor.js";
import { callbackErrors, countOf, gaugeOf, saturationOf } from "./levels.js";

const COUNT = "db.client.connection.count";
const USED = { "db.client.connection.state": "used", "db.client.connection.pool.name": "pg" };
const IDLE = { ...USED, "db.client.connection.state": "idle" };

describe("a pool of callbacks", () => {
  it("shows what is used, idle, allowed and waited for, under the names of the conventions", () => {
    const { auspex, clock } = manualMonitor();
    const state = { max: 10, used: 7, idle: 1, waiting: 0 };
    pool(auspex, "pg", {
      max: 10,
      used: () => state.used,
      idle: async () => state.idle,
      waiting: () => state.waiting,
    });
    expect(gaugeOf(auspex, COUNT, USED)).toBe(7);
    expect(saturationOf(auspex, COUNT, USED)).toBeCloseTo(0.7);
    expect(saturationOf(auspex, COUNT, IDLE)).toBeUndefined();
    state.used = 2;
    state.waiting = 3;
    clock.advance(1000);
    expect(gaugeOf(auspex, COUNT, USED)).toBe(2);
    expect(gaugeOf(auspex, "db.client.connection.max")).toBe(10);
    expect(gaugeOf(auspex, "db.client.connection.pending_requests")).toBe(3);
  });

  it("shows a promised answer at the next second", async () => {
    const { auspex, clock } = manualMonitor();
    pool(auspex, "pg", { max: 10, used: 5, idle: async () => 4 });
    await Promise.resolve();
    clock.advance(1000);
    expect(gaugeOf(auspex, COUNT, IDLE)).toBe(4);
  });

  it("makes the third of size, used and idle from the other two", () => {
    const { auspex } = manualMonitor();
    pool(auspex, "pg", { max: 10, size: 8, used: 5 });
    expect(gaugeOf(auspex, COUNT, IDLE)).toBe(3);
    pool(auspex, "other", { max: 10, size: 8, idle: 2 });
    expect(gaugeOf(auspex, COUNT, { ...USED, "db.client.connection.pool.name": "other" })).toBe(6);
  });

  it("reads its numbers anew each second", () => {
    const { auspex, clock } = manualMonitor();
    const live = { max: 4, used: 1 };
    pool(auspex, "pg", live);
    live.used = 3;
    clock.advance(1000);
    expect(saturationOf(auspex, COUNT, USED)).toBe(0.75);
  });

  it("is full when it holds all it may and somebody waits, whatever is lent out", () => {
    const { auspex, clock } = manualMonitor();
    const state = { max: 10, used: 6, idle: 4, waiting: 2 };
    pool(auspex, "pg", state);
    expect(saturationOf(auspex, COUNT, USED)).toBe(1);
    state.idle = 3; // one may still be opened
    clock.advance(1000);
    expect(saturationOf(auspex, COUNT, USED)).toBe(0.6);
    state.used = 12;
    clock.advance(1000);
    expect(saturationOf(auspex, COUNT, USED)).toBe(1);
    expect(gaugeOf(auspex, COUNT, USED)).toBe(12);
  });

  it("has no saturation without a limit, and that is no error", () => {
    const { auspex } = manualMonitor();
    pool(auspex, "pg", { max: () => Number.POSITIVE_INFINITY, used: 3 });
    expect(gaugeOf(auspex, COUNT, USED)).toBe(3);
    expect(saturationOf(auspex, COUNT, USED)).toBeUndefined();
    expect(gaugeOf(auspex, "db.client.connection.max")).toBeUndefined();
    expect(callbackErrors(auspex)).toBe(0);
  });

  it("goes by other names when it is of no database", () => {
    const { auspex } = manualMonitor();
    pool(auspex, "agents", { max: 4, used: 1 }, { kind: "other", attributes: { team: "a" } });
    const used = { "auspex.pool.name": "agents", "auspex.pool.state": "used", team: "a" };
    expect(saturationOf(auspex, "auspex.pool.count", used)).toBe(0.25);
    expect(gaugeOf(auspex, "auspex.pool.max")).toBe(4);
  });
});

describe("a source that misbehaves", () => {
  it("hides none of its other readings, is counted, and shows nothing old", () => {
    const { auspex, clock } = manualMonitor();
    const state = { broken: false };
    const throwing = (value: number) => () => {
      if (state.broken) throw new Error("gone");
      return value;
    };
    pool(auspex, "pg", {
      max: 10,
      used: throwing(7),
      idle: () => (state.broken ? Number.NaN : 1),
      waiting: () => (state.broken ? ("3" as never) : 0),
    });
    clock.advance(1000);
    const before = callbackErrors(auspex);
    state.broken = true;
    clock.advance(2000);
    expect(callbackErrors(auspex)).toBe(before + 6);
    expect(gaugeOf(auspex, COUNT, USED)).toBeUndefined();
    expect(gaugeOf(auspex, COUNT, IDLE)).toBeUndefined();
    expect(gaugeOf(auspex, "db.client.connection.pending_requests")).toBeUndefined();
    expect(gaugeOf(auspex, "db.client.connection.max")).toBe(10);
    state.broken = false;
    clock.advance(1000);
    expect(gaugeOf(auspex, COUNT, USED)).toBe(7);
  });

  it("that hangs is counted once, and not asked again", async () => {
    const { auspex, clock } = manualMonitor();
    let asked = 0;
    pool(auspex, "pg", {
      max: 10,
      used: () => {
        asked++;
        return new Promise<number>(() => {});
      },
      idle: 2,
    });
    clock.advance(10_000);
    expect(asked).toBe(1);
    expect(callbackErrors(auspex)).toBe(1);
    expect(gaugeOf(auspex, COUNT, IDLE)).toBe(2);
    expect(gaugeOf(auspex, COUNT, USED)).toBeUndefined();
  });

  it("that answers below 0 says nothing", () => {
    const { auspex } = manualMonitor();
    pool(auspex, "pg", { max: 10, used: -3 });
    expect(gaugeOf(auspex, COUNT, USED)).toBeUndefined();
    expect(callbackErrors(auspex)).toBe(1);
  });

  it("that is nothing known is said so once, and the handle works", () => {
    const warnings: string[] = [];
    const logger = { warn: (text: string) => warnings.push(text), debug() {} };
    const { auspex } = manualMonitor({ logger });
    const traps = new Proxy(
      {},
      {
        get() {
          throw new Error("do not touch");
        },
      },
    );
    for (const [at, source] of [{}, 12, "pg", traps, () => 3].entries()) {
      const handle = pool(auspex, `pg${at}`, source as object);
      handle.timedOut();
      expect(
        countOf(auspex, "db.client.connection.timeouts", {
          "db.client.connection.pool.name": `pg${at}`,
        }),
      ).toBe(1);
    }
    expect(warnings).toHaveLength(5);
    expect(warnings[0]).toBe(
      'auspex: pool "pg0": its source is of no known kind and has none of max, used, idle, size, waiting; nothing is read',
    );
  });

  it("may have any name and any options", () => {
    const { auspex } = manualMonitor();
    pool(auspex, "__proto__", { used: 1 }, null as never).waited(1);
    pool(auspex, undefined as never, null as never, { attributes: null as never }).waited(1);
    const trap = {
      get team(): string {
        throw new Error("do not touch");
      },
    };
    pool(auspex, "x".repeat(10_000), { used: 2 }, { attributes: trap }).timedOut();
    expect(gaugeOf(auspex, COUNT, { "db.client.connection.pool.name": "__proto__" })).toBe(1);
    expect(gaugeOf(auspex, COUNT, { "db.client.connection.pool.name": "x".repeat(256) })).toBe(2);
    expect(auspex.snapshot("1m").histograms.map(({ count }) => count)).toEqual([1, 1]);
  });
});

describe("the handle of a pool", () => {
  it("records waits, uses and creations in ms and shows them in s, none before there is one", () => {
    const { auspex } = manualMonitor();
    const handle = pool(auspex, "pg", { max: 10, used: 1 });
    expect(auspex.snapshot("1m").histograms).toEqual([]);
    handle.waited(20);
    handle.used(300);
    handle.created(50);
    handle.waited(Number.NaN);
    const found = auspex
      .snapshot("1m")
      .histograms.map(({ name, unit, max }) => ({ name, unit, max: Math.round(max * 100) }));
    expect(found).toEqual([
      { name: "db.client.connection.wait_time", unit: "s", max: 2 },
      { name: "db.client.connection.use_time", unit: "s", max: 30 },
      { name: "db.client.connection.create_time", unit: "s", max: 5 },
    ]);
    expect(auspex.snapshot("1m").self.dropped.notANumber).toBe(1);
  });

  it("times an acquisition and hands its promise's value on", async () => {
    const { auspex, clock } = manualMonitor();
    const handle = pool(auspex, "pg");
    const connection = { query: () => 1 };
    const { promise, resolve } = deferred<typeof connection>();
    const acquired = handle.acquire(() => promise);
    clock.advance(250);
    resolve(connection);
    expect(await acquired).toBe(connection);
    const [wait] = auspex.snapshot("1m").histograms;
    expect(wait?.count).toBe(1);
    expect(wait?.p50).toBeCloseTo(0.25, 2);
  });

  it("passes a value on at once, and a thenable untouched", () => {
    const { auspex } = manualMonitor();
    const handle = pool(auspex, "pg");
    expect(handle.acquire(() => 7)).toBe(7);
    let called = 0;
    // biome-ignore lint/suspicious/noThenProperty: a query that runs when it is awaited
    const lazy = { then: () => called++ };
    expect(handle.acquire(() => lazy)).toBe(lazy);
    expect(called).toBe(0);
    expect(auspex.snapshot("1m").histograms[0]?.count).toBe(1);
  });

  it("passes errors on: no wait, and a time-out where it is one", async () => {
    const { auspex } = manualMonitor();
    const handle = pool(auspex, "pg", { max: 1, used: 1 });
    const pgError = new Error("timeout exceeded when trying to connect");
    const knexError = Object.assign(new Error("Knex: pool is full"), { name: "TimeoutError" });
    const refused = Object.assign(new Error("connect"), { code: "ECONNREFUSED" });
    for (const error of [pgError, knexError, refused, undefined, null]) {
      await expect(handle.acquire(() => Promise.reject(error))).rejects.toBe(error);
    }
    expect(() =>
      handle.acquire(() => {
        throw pgError;
      }),
    ).toThrow(pgError);
    expect(countOf(auspex, "db.client.connection.timeouts")).toBe(3);
    expect(auspex.snapshot("1m").histograms).toEqual([]);
  });

  it("is one per name; another source takes the place of the first, and that is said", () => {
    const warnings: string[] = [];
    const logger = { warn: (text: string) => warnings.push(text), debug() {} };
    const { auspex, clock } = manualMonitor({ logger });
    const first = { max: 10, used: 1 };
    const handle = pool(auspex, "pg", first);
    expect(pool(auspex, "pg")).toBe(handle);
    expect(pool(auspex, "pg", first)).toBe(handle);
    expect(warnings).toEqual([]);
    expect(pool(auspex, "pg", { max: 10, used: 9 })).toBe(handle);
    expect(warnings).toEqual(['auspex: pool "pg" is read from another source from now on']);
    clock.advance(1000);
    expect(gaugeOf(auspex, COUNT, USED)).toBe(9);
    const { auspex: other } = manualMonitor();
    expect(pool(other, "pg")).not.toBe(handle);
  });

  it("stops reading and showing, and may be wired again", () => {
    const warnings: string[] = [];
    const { auspex, clock } = manualMonitor({
      logger: { warn: (text) => warnings.push(text), debug() {} },
    });
    let asked = 0;
    const source = { max: 10, used: () => ++asked };
    const handle = pool(auspex, "pg", source);
    clock.advance(1000);
    handle.stop();
    handle.stop();
    clock.advance(5000);
    expect(asked).toBe(2);
    expect(gaugeOf(auspex, COUNT, USED)).toBeUndefined();
    handle.timedOut();
    expect(countOf(auspex, "db.client.connection.timeouts")).toBe(1);
    const again = pool(auspex, "pg", { max: 2, used: 1 });
    expect(again).not.toBe(handle);
    handle.stop();
    clock.advance(1000);
    expect(saturationOf(auspex, COUNT, USED)).toBe(0.5);
    expect(warnings).toEqual([]);
  });

  it("records without allocating: 600,000 calls leave the heap as it was", () => {
    const { auspex } = manualMonitor();
    const handle = pool(auspex, "pg");
    const round = () => {
      for (let i = 0; i < 200_000; i++) {
        handle.waited(i & 1023);
        handle.used(i & 1023);
        handle.timedOut();
      }
    };
    // The smallest growth of some rounds: what the test runner does meanwhile is none of ours.
    let growth = Number.POSITIVE_INFINITY;
    for (let attempt = 0; attempt < 6; attempt++) {
      const before = process.memoryUsage().heapUsed;
      round();
      const grown = process.memoryUsage().heapUsed - before;
      if (grown >= 0) growth = Math.min(growth, grown);
    }
    expect(growth).toBeLessThan(200_000); // one byte a call would be 600 KB
  });
});

function deferred<T>() {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}
