import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Connection } from "../../../src/exporters/redis/connection.js";
import { RedisConnection } from "../../../src/exporters/redis/redis-connection.js";
import { clientMaker } from "../../../src/exporters/redis/target.js";
import type { RangeSeries } from "../../../src/fleet/redis/model.js";
import { type RedisFleet, redisFleet } from "../../../src/fleet/redis/redis-fleet.js";
import { histogramOf } from "../../../src/testing/batch.js";
import {
  counter,
  duration,
  FakeProcess,
  gauge,
  keys,
  rollups,
  samples,
  settle,
} from "../../exporters/redis/rollup-fixture.js";
import { ManualClock } from "../../helpers/manual-clock.js";
import { RedisServer } from "../../helpers/redis.js";
import { redisForAll } from "../../helpers/redis-for-all.js";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const STEP_MS = 10_000;

const server = redisForAll();
let connection: RedisConnection;
let fleet: RedisFleet;
let clock: ManualClock;
let t0: number;

beforeAll(async () => {
  connection = new RedisConnection(clientMaker({ url: server.url }), 5000);
});

afterAll(async () => {
  connection.close();
});

beforeEach(async () => {
  await server.flush();
  t0 = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 2 * HOUR_MS;
  clock = new ManualClock();
  at(t0);
  fleet = redisFleet({ url: server.url, prefix: "test", clock });
});

afterEach(() => fleet.close());

function at(wall: number): void {
  clock.epoch = wall - clock.now();
}

const work = duration("work");
const boom = duration("work", "error", "Boom");
const active = {
  ...gauge("auspex.operation.active"),
  kind: "updown" as const,
  signals: { instrument: "auspex.operation.duration", name: "work", attributes: {} },
};

function started(id: string, startMs = t0, service = "shop"): FakeProcess {
  return new FakeProcess(connection, service, { id, startMs });
}

/** Percentiles of a histogram in seconds, in ms. */
function figures(values: readonly number[]) {
  const { p50, p95, p99, max } = histogramOf(values).summary();
  return { p50: p50 * 1000, p95: p95 * 1000, p99: p99 * 1000, max: max * 1000 };
}

function roughly(expected: ReturnType<typeof figures>) {
  return Object.fromEntries(
    Object.entries(expected).map(([name, value]) => [name, expect.closeTo(value, 6)]),
  );
}

/** Ten minutes of two processes; each window has values of its own. */
async function tenMinutes(): Promise<{ all: Map<number, number[]>; processes: FakeProcess[] }> {
  const all = new Map<number, number[]>();
  const processes = [started("a"), started("b")];
  for (const [nth, process] of processes.entries()) {
    for (let window = 0; window < 60; window++) {
      const values = Array.from({ length: 3 + (window % 5) }, (_, i) => {
        return 0.01 * (nth + 1) + 0.001 * i + 0.0001 * window;
      });
      const start = t0 + window * STEP_MS;
      all.set(start, [...(all.get(start) ?? []), ...values]);
      await process.write(start, [
        [work, values],
        [boom, [0.5]],
      ]);
    }
    await process.seen(t0 + 10 * MINUTE_MS - 5000);
  }
  at(t0 + 10 * MINUTE_MS - 4700);
  return { all, processes };
}

/** What of it lies in the windows that begin since an instant. */
function since(all: ReadonlyMap<number, readonly number[]>, fromMs: number): number[] {
  return [...all].filter(([start]) => start >= fromMs).flatMap(([, values]) => values);
}

describe("a fleet in Redis", () => {
  it("has the figures of the pooled values, with roll-ups and without", async () => {
    const { all } = await tenMinutes();
    const before = await Promise.all(
      (["10s", "1m", "5m", "1h"] as const).map((window) => fleet.snapshot(window)),
    );
    await settle(rollups(connection, "shop", clock), clock);
    at(t0 + 10 * MINUTE_MS - 4700);
    const after = await Promise.all(
      (["10s", "1m", "5m", "1h"] as const).map((window) => fleet.snapshot(window)),
    );
    const froms = [20_000, 70_000, 310_000, HOUR_MS].map((ms) => {
      return Math.max(t0, t0 + 10 * MINUTE_MS - ms);
    });
    for (const [nth, snapshots] of [before, after].entries()) {
      for (const [i, snapshot] of snapshots.entries()) {
        const values = since(all, froms[i]);
        const windows = (t0 + 10 * MINUTE_MS - froms[i]) / STEP_MS;
        expect(snapshot.operations, `${snapshot.window} ${nth}`).toHaveLength(1);
        const [operation] = snapshot.operations;
        expect(operation).toMatchObject({
          service: "shop",
          name: "work",
          processes: 2,
          latency: { count: values.length, ...roughly(figures(values)) },
          errors: { count: 2 * windows, byType: { Boom: 2 * windows } },
        });
        expect(operation.traffic.count).toBe(values.length + 2 * windows);
        const seconds = (snapshot.end - snapshot.start) / 1000;
        expect(operation.traffic.perSecond).toBeCloseTo(operation.traffic.count / seconds);
        expect(snapshot.start).toBe(froms[i]);
        expect(snapshot).toMatchObject({ partial: false, stale: false, missing: [] });
        expect(snapshot.processes.map(({ id, live }) => ({ id, live }))).toEqual([
          { id: "a", live: true },
          { id: "b", live: true },
        ]);
      }
    }
  });

  it("shows what is in flight, and saturation by process with the worst first", async () => {
    const pool = gauge("pool", true);
    for (const [id, used, flying] of [
      ["a", 0.2, 3],
      ["b", 0.9, 4],
      ["gone", 1, 100],
    ] as const) {
      const process = started(id);
      const level = { ...samples(used / 2, used), saturation: used, saturationMax: used };
      await process.write(t0, [
        [work, [0.1]],
        [pool, level],
        [gauge("size"), samples(used)],
        [active, samples(flying)],
      ]);
      await process.seen(t0 + 9000, id === "gone" ? { endedMs: t0 + 9000 } : {});
    }
    at(t0 + 9500);
    const snapshot = await fleet.snapshot("10s");
    expect(snapshot.operations[0]).toMatchObject({ inFlight: 7, traffic: { count: 3 } });
    expect(snapshot.saturation).toHaveLength(1);
    expect(snapshot.saturation[0]).toMatchObject({
      name: "pool",
      process: "b",
      saturation: 0.9,
      value: 0.9,
      max: 0.9,
      byProcess: [
        { process: "b", saturation: 0.9 },
        { process: "a", saturation: 0.2, mean: expect.closeTo(0.15) },
      ],
    });
    expect(snapshot.gauges).toMatchObject([{ name: "size", value: 0.9, sum: expect.closeTo(1.1) }]);
    expect(snapshot.partial).toBe(false);
    expect(snapshot.processes.map(({ id, live }) => [id, live])).toEqual([
      ["a", true],
      ["b", true],
      ["gone", false],
    ]);
  });

  it("knows how many processes have an operation, also where each worked at another time", async () => {
    const processes = ["a", "b", "c"].map((id) => started(id));
    for (let window = 0; window < 30; window++) {
      for (const [nth, process] of processes.entries()) {
        const idle = [active, samples(0)] as const;
        const said = window % 3 === nth ? [[work, [0.1]] as const, idle] : [idle];
        await process.write(t0 + window * STEP_MS, said);
      }
    }
    for (const process of processes) await process.seen(t0 + 5 * MINUTE_MS + 300);
    at(t0 + 5 * MINUTE_MS + 2500);
    await settle(rollups(connection, "shop", clock), clock);
    for (const process of processes) await process.seen(clock.wall() - 300);
    for (const window of ["5m", "1h", "total"] as const) {
      const [found] = (await fleet.snapshot(window)).operations;
      expect(found?.processes, window).toBe(3);
    }
  });

  it("misses who has fallen silent, for as long as its values may be missing", async () => {
    const [a, b] = [started("a"), started("b")];
    for (const process of [a, b]) await process.write(t0, [[work, [0.1]]]);
    await a.seen(t0 + 25_000);
    await b.seen(t0 + 9000);
    at(t0 + 25_300);
    const snapshot = await fleet.snapshot("1m");
    expect(snapshot).toMatchObject({
      partial: true,
      missing: [{ id: "b", reason: "timeout", lastSeenMs: t0 + 9000 }],
    });
    expect(snapshot.operations[0]?.traffic.count).toBe(2);
    expect(snapshot.processes).toMatchObject([
      { id: "a", live: true },
      { id: "b", live: false },
    ]);
    await a.seen(t0 + 2 * MINUTE_MS);
    at(t0 + 2 * MINUTE_MS + 300);
    expect(await fleet.snapshot("10s")).toMatchObject({ partial: false, missing: [] });
  });

  it("misses whose clock is ahead, in windows; in totals it counts", async () => {
    const [a, b] = [started("a"), started("b")];
    await a.write(t0, [[work, [0.1]]]);
    await a.seen(t0 + 25_000);
    await b.write(t0 + 5 * MINUTE_MS, [[work, [0.1, 0.2]]]);
    await b.seen(t0 + 5 * MINUTE_MS + 5000);
    at(t0 + 25_300);
    const snapshot = await fleet.snapshot("1m");
    expect(snapshot).toMatchObject({ partial: true, missing: [{ id: "b", reason: "clock" }] });
    expect(snapshot.operations[0]?.traffic.count).toBe(1);
    const total = await fleet.snapshot("total");
    expect(total).toMatchObject({ partial: false, missing: [] });
    expect(total.operations[0]?.traffic.count).toBe(3);
  });

  it("has what came late at once, before roll-ups are made anew", async () => {
    const { all, processes } = await tenMinutes();
    await settle(rollups(connection, "shop", clock), clock);
    const now = t0 + 10 * MINUTE_MS - 4700;
    at(now);
    const count = async () => {
      const { operations } = await fleet.snapshot("5m");
      return operations[0]?.latency.count;
    };
    const before = since(all, t0 + 10 * MINUTE_MS - 310_000).length;
    expect(await count()).toBe(before);
    // One says so, and one is new.
    const [a] = processes;
    const start = t0 + 6 * MINUTE_MS;
    await a?.write(start, [[work, Array.from({ length: 50 }, () => 0.1)]]);
    const held = all.get(start)?.length ?? 0;
    await a?.seen(now, { lateMs: start, lateAtMs: now });
    const of = 3 + (36 % 5);
    expect(held).toBe(2 * of);
    expect(await count()).toBe(before - of + 50);
    const young = started("young", t0 + 7 * MINUTE_MS);
    await young.write(t0 + 7 * MINUTE_MS, [[work, [0.1, 0.2]]]);
    await young.seen(now);
    expect(await count()).toBe(before - of + 52);
  });

  it("answers by service, operation and attribute", async () => {
    const paid = { ...work, attributes: { ...work.attributes, tier: "paid" } };
    const other = duration("other job");
    await started("a").write(t0, [
      [paid, [0.1]],
      [other, [0.2, 0.3]],
      [counter("jobs"), 3],
    ]);
    await started("a").seen(t0 + 5000);
    const desk = started("d", t0, "desk");
    await desk.write(t0, [[work, [0.4]]]);
    await desk.seen(t0 + 5000);
    at(t0 + 5300);
    const names = async (filter: Parameters<RedisFleet["snapshot"]>[1]) => {
      const { operations } = await fleet.snapshot("10s", filter);
      return operations.map(({ service, name }) => `${service} ${name}`).sort();
    };
    expect(await names({})).toEqual(["desk work", "shop other job", "shop work"]);
    expect(await names({ service: "desk" })).toEqual(["desk work"]);
    expect(await names({ service: ["s*"] })).toEqual(["shop other job", "shop work"]);
    expect(await names({ operation: "other *" })).toEqual(["shop other job"]);
    expect(await names({ attributes: { tier: "paid" } })).toEqual(["shop work"]);
    expect(await names({ operation: "nothing" })).toEqual([]);
    expect(await fleet.services()).toEqual(["desk", "shop"]);
    const one = redisFleet({ url: server.url, prefix: "test", service: "desk", clock });
    expect((await one.snapshot("10s")).service).toBe("desk");
    one.close();
    await expect(fleet.snapshot("10s", { opration: "x" } as object)).rejects.toThrow(
      /opration is not an option/,
    );
  });

  it("has totals that are exact and only grow, whoever ends how", async () => {
    const jobs = counter("jobs");
    const [a, b, c] = [started("a"), started("b"), started("c")];
    // Of a, the total and the windows since; b was killed; c has ended.
    await a.total(t0 + 30_000, [
      [work, [0.1, 0.2]],
      [jobs, 5],
    ]);
    await a.write(t0 + 20_000, [[jobs, 2]]);
    await a.write(t0 + 30_000, [
      [work, [0.3]],
      [jobs, 1],
    ]);
    await b.write(t0 + 30_000, [
      [work, [0.4]],
      [jobs, 10],
    ]);
    await c.write(t0, [[jobs, 100]]);
    await c.total(t0 + STEP_MS, [[jobs, 100]]);
    await a.seen(t0 + 40_000);
    await b.seen(t0 + 35_000);
    await c.seen(t0 + 9000, { endedMs: t0 + 9000 });
    at(t0 + 40_300);
    const expectTotals = async () => {
      const { operations, counters } = await fleet.snapshot("total");
      expect(operations[0]?.traffic.count).toBe(4);
      expect(operations[0]?.latency).toMatchObject(roughly(figures([0.1, 0.2, 0.3, 0.4])));
      expect(counters).toMatchObject([{ name: "jobs", count: 116 }]);
      expect(await fleet.text()).toMatch(/^jobs_total 116$/m);
    };
    await expectTotals();
    // Before the raw windows of b expire, what they say is added to its totals.
    const rolling = rollups(connection, "shop", clock);
    at(t0 + 35_000 + 6 * MINUTE_MS);
    await a.seen(t0 + 35_000 + 6 * MINUTE_MS);
    await rolling.step(new AbortController().signal);
    await expectTotals();
    await connection.command("DEL", keys.raw("shop", "b", t0 + 30_000));
    await expectTotals();
    // Before what is known of b and c expires, it becomes one sum.
    at(t0 + 13 * HOUR_MS);
    await a.total(t0 + 13 * HOUR_MS, [
      [work, [0.1, 0.2, 0.3]],
      [jobs, 6],
    ]);
    await a.seen(t0 + 13 * HOUR_MS);
    for (let i = 0; i < 20; i++) {
      clock.advance(2500);
      await rolling.step(new AbortController().signal);
    }
    for (const id of ["b", "c"]) {
      await connection.command("DEL", keys.total("shop", id), keys.raw("shop", id, t0));
    }
    await expectTotals();
    const { processes } = await fleet.snapshot("total");
    expect(processes.map(({ id }) => id)).toEqual(["a"]);
    expect(rolling.tally).toMatchObject({ failures: 0, unreadable: 0 });
  });

  it("counts those long gone once, also when whoever folded them was killed half-way", async () => {
    const jobs = counter("jobs");
    const [a, b] = [started("a"), started("b")];
    for (const process of [a, b]) await process.write(t0, [[jobs, 1]]);
    for (const process of [a, b]) await process.total(t0 + STEP_MS, [[jobs, 10]]);
    await a.seen(t0 + 13 * HOUR_MS);
    await b.seen(t0 + 9000, { endedMs: t0 + 9000 });
    at(t0 + 13 * HOUR_MS + 300);
    const expectTotals = async () => {
      expect((await fleet.snapshot("total")).counters).toMatchObject([{ count: 20 }]);
    };
    await expectTotals();
    const dying: Connection = {
      async command(...command) {
        const isRemoval = command[0] === "HDEL" && command[1] === keys.processes("shop");
        if (isRemoval) throw new Error("killed");
        return connection.command(...command);
      },
      batch: (...given) => connection.batch(...given),
      close() {},
    };
    const lease = { hold: async () => 1, release: async () => {} };
    for (const through of [dying, dying, connection]) {
      const rolling = rollups(through, "shop", clock, { lease });
      for (let i = 0; i < 3; i++) {
        await rolling.step(new AbortController().signal);
        await expectTotals();
      }
      expect(rolling.tally.failures).toBe(through === dying ? 1 : 0);
    }
    expect((await fleet.snapshot("total")).processes.map(({ id }) => id)).toEqual(["a"]);
  });

  it("counts what a process wrote that woke up after it was taken for dead, once", async () => {
    const jobs = counter("jobs");
    const b = started("b");
    await b.write(t0, [[jobs, 10]]);
    await b.seen(t0 + 5000);
    at(t0 + 7 * MINUTE_MS);
    await rollups(connection, "shop", clock).step(new AbortController().signal);
    await b.write(t0, [[jobs, 12]]);
    await b.total(t0 + 7 * MINUTE_MS, [[jobs, 12]]);
    await b.write(t0 + 7 * MINUTE_MS, [[jobs, 1]]);
    await b.seen(t0 + 7 * MINUTE_MS);
    at(t0 + 7 * MINUTE_MS + 300);
    expect((await fleet.snapshot("total")).counters).toMatchObject([{ count: 13 }]);
  });
});

describe("a range of time", () => {
  const points = (series: readonly RangeSeries[], name: string) => {
    return series.find((each) => each.name === name)?.points ?? [];
  };

  it("has the figures of each step, from roll-ups and raw windows alike", async () => {
    const { all, processes } = await tenMinutes();
    const rolling = rollups(connection, "shop", clock);
    const expectSteps = async () => {
      const result = await fleet.range({
        from: t0,
        to: t0 + 10 * MINUTE_MS,
        stepMs: MINUTE_MS,
        operation: "work",
        percentiles: [50, 99.9],
      });
      expect(result).toMatchObject({ stepMs: MINUTE_MS, partial: false, stale: false });
      const steps = points(result.series, "work");
      expect(steps.map(({ timeMs }) => timeMs)).toEqual(
        Array.from({ length: 10 }, (_, i) => t0 + i * MINUTE_MS),
      );
      for (const step of steps) {
        const values = [...all]
          .filter(([start]) => start >= step.timeMs && start < step.timeMs + MINUTE_MS)
          .flatMap(([, each]) => each);
        const count = values.length + 12;
        const seconds =
          step.timeMs === t0 + 9 * MINUTE_MS ? (clock.wall() - step.timeMs) / 1000 : 60;
        const histogram = histogramOf(values);
        expect(step).toMatchObject({
          processes: 2,
          count,
          errors: 12,
          errorRatio: 12 / count,
          perSecond: expect.closeTo(count / seconds, 6),
          percentiles: {
            p50: expect.closeTo(histogram.percentile(50) * 1000, 6),
            "p99.9": expect.closeTo(histogram.percentile(99.9) * 1000, 6),
          },
        });
      }
    };
    await expectSteps();
    await settle(rolling, clock);
    at(t0 + 10 * MINUTE_MS - 4700);
    await expectSteps();
    expect(processes).toHaveLength(2);
  });

  it("is read from what is kept: seconds of hours, minutes of days, hours of months", async () => {
    await tenMinutes();
    await settle(rollups(connection, "shop", clock), clock);
    at(t0 + 20 * HOUR_MS);
    const range = (from: number, stepMs?: number) =>
      fleet.range({ from, to: t0 + 20 * HOUR_MS, ...(stepMs && { stepMs }), operation: "work" });
    expect((await range(t0 + 18 * HOUR_MS, STEP_MS)).stepMs).toBe(STEP_MS);
    const days = await range(t0, STEP_MS);
    expect(days.stepMs).toBe(MINUTE_MS);
    expect(points(days.series, "work")).toHaveLength(10);
    expect((await range(t0 - 30 * 24 * HOUR_MS, STEP_MS)).stepMs).toBe(HOUR_MS);
    expect((await range(t0 - 30 * 24 * HOUR_MS)).stepMs).toBe(3 * HOUR_MS);
  });

  it("shows counters, gauges and histograms by the name of their metric", async () => {
    const [jobs, pool] = [counter("jobs.done"), gauge("jobs.pool", true)];
    const sizes = { ...duration("x"), name: "jobs.size", unit: "By", signals: undefined };
    for (const [id, by] of [
      ["a", 0.25],
      ["b", 0.75],
    ] as const) {
      const process = started(id);
      const level = { ...samples(by), saturation: by, saturationMax: by };
      await process.write(t0, [
        [jobs, by * 4],
        [pool, level],
        [sizes, [1, 2]],
      ]);
      await process.seen(t0 + STEP_MS + 300);
    }
    at(t0 + STEP_MS + 2500);
    await settle(rollups(connection, "shop", clock), clock);
    at(t0 + STEP_MS + 2500);
    const { series } = await fleet.range({
      from: t0,
      to: t0 + STEP_MS,
      stepMs: STEP_MS,
      metric: "jobs.*",
    });
    const by = new Map(series.map((each) => [each.name, each]));
    expect(by.get("jobs.done")).toMatchObject({
      kind: "counter",
      points: [{ timeMs: t0, processes: 2, count: 4, perSecond: 0.4 }],
    });
    expect(by.get("jobs.pool")).toMatchObject({
      kind: "gauge",
      points: [{ mean: 0.5, min: 0.25, max: 0.75, sum: 1, saturation: 0.75, worst: "b" }],
    });
    expect(by.get("jobs.size")).toMatchObject({
      kind: "histogram",
      unit: "By",
      points: [
        { count: 4, percentiles: { p50: expect.closeTo(1.00351), p99: expect.closeTo(2.00703) } },
      ],
    });
    const { series: operations } = await fleet.range({ from: t0, to: t0 + STEP_MS });
    expect(operations).toEqual([]);
  });

  it("says everything that is wrong with a query", async () => {
    const query = { from: 5, to: 1, stepMs: -1, percentiles: [101], metric: 1, operaton: "x" };
    const refused = await fleet.range(query as never).catch((error) => error.message);
    for (const name of ["from", "stepMs", "percentiles", "metric", "operaton"]) {
      expect(refused).toContain(`${name} is`);
    }
    await expect(fleet.range({ from: Number.NaN })).rejects.toThrow(RangeError);
    await expect(fleet.range(null as never)).rejects.toThrow(RangeError);
  });
});

describe("a reader whose Redis is away", () => {
  it("answers with the last it knew, and says so", async () => {
    const own = await RedisServer.start();
    const writing = new RedisConnection(clientMaker({ url: own.url }), 1000);
    const process = new FakeProcess(writing, "shop", { id: "a", startMs: t0 });
    await process.write(t0, [[work, [0.1]]]);
    await process.seen(t0 + 5000);
    at(t0 + 5300);
    const reader = redisFleet({ url: own.url, prefix: "test", timeoutMs: 300, clock });
    expect((await reader.snapshot("10s")).operations).toHaveLength(1);
    expect(await reader.text()).toContain("auspex_operation_duration_seconds_count");
    own.freeze();
    const frozen = await reader.snapshot("10s");
    expect(frozen).toMatchObject({
      stale: true,
      partial: true,
      missing: [{ id: "redis", reason: "unreachable" }],
      reason: expect.stringMatching(/timeout: 127\.0\.0\.1:\d+: /),
    });
    expect(frozen.operations).toHaveLength(1);
    own.thaw();
    await own.kill();
    expect(await reader.snapshot("1m")).toMatchObject({ stale: true, operations: [] });
    expect(await reader.range({ from: t0, to: t0 + 1000 })).toMatchObject({
      stale: true,
      partial: true,
      series: [],
    });
    expect(await reader.text()).toMatch(/^auspex_fleet_members\{state="missing"\} 1$/m);
    expect(await reader.services()).toEqual([]);
    reader.close();
    writing.close();
    await own.stop();
  });

  it("is closed for good, and answers all the same", async () => {
    fleet.close();
    expect(await fleet.snapshot()).toMatchObject({ stale: true, partial: true });
    fleet.close();
  });

  it("says all that is wrong with its options at once", () => {
    const options = { url: "http://x", prefix: "{", service: 5, timeoutMs: 1, nothing: 1 };
    const names = ["url", "prefix", "service", "timeoutMs", "nothing"];
    let message = "";
    try {
      redisFleet(options as never);
    } catch (error) {
      message = (error as Error).message;
    }
    for (const name of names) expect(message).toContain(`${name} is`);
  });
});
