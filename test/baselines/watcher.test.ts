import { beforeEach, describe, expect, it } from "vitest";
import { type BaselinesWatcher, baselinesWatcher } from "../../src/baselines/index.js";
import { memoryStore } from "../../src/state/memory-store.js";
import { HOSTILE } from "../helpers/hostile.js";
import { manualMonitor } from "../helpers/monitor.js";
import { DAY_MS, HOUR_MS, MINUTE_MS, normal, week } from "./series.js";
import { FIVE_MINUTES_MS, type Minute, World } from "./world.js";

let gauss = normal(1);
beforeEach(() => {
  gauss = normal(1);
});

/** A shop: traffic of a week, latency and a pool that follow it. */
const shop = (timeMs: number): Minute => {
  const load = week(timeMs) * Math.exp(0.03 * gauss());
  return {
    operations: {
      "GET /users": { p95: 100 * Math.exp(0.05 * gauss()), perSecond: 50 * load, errors: 0.01 },
      GET: { p95: 20, perSecond: 5, instrument: "http.client.request.duration" },
    },
    saturation: { "pg.pool": 0.05 + 0.3 * load, "queue.length": { value: 3, unit: "{item}" } },
  };
};

/** Some days, in steps of five minutes. */
async function lived(days: number, at = shop, store = memoryStore()) {
  const world = new World(store);
  const watcher = baselinesWatcher();
  await world.start(watcher);
  world.live(watcher, days * 288, at, FIVE_MINUTES_MS);
  return { world, watcher };
}

const read = (
  watcher: BaselinesWatcher,
  name: string,
  signal: "latency" | "traffic" | "errors" | "saturation",
) => {
  const found = watcher.baselines.of(name, signal);
  if (found === undefined) throw new Error(`${name} ${signal} is not known`);
  return found;
};

describe("the watcher of baselines", () => {
  it("learns every golden signal of every operation, and every saturation", async () => {
    const { watcher } = await lived(2);
    const all = watcher.baselines.all().map(({ operation, signal }) => `${operation} ${signal}`);
    expect(all.sort()).toEqual(
      [
        "GET errors",
        "GET latency",
        "GET traffic",
        "GET /users errors",
        "GET /users latency",
        "GET /users traffic",
        "pg.pool saturation",
        "queue.length saturation",
      ].sort(),
    );
    const latency = read(watcher, "GET /users", "latency");
    expect(latency).toMatchObject({ unit: "ms", samples: 576 });
    expect(latency.usual().p50).toBeGreaterThan(98);
    expect(latency.usual().p50).toBeLessThan(102);
    expect(latency.range()?.upper).toBeLessThan(130);
    expect(latency.trend().kind).toBe("stable");
    expect(latency.series("hours").length).toBe(48);
    expect(watcher.baselines.of("GET /nowhere", "latency")).toBeUndefined();
    expect(watcher.tally).toMatchObject({ series: 8, turnedAway: 0 });
  });

  it("says what is normal at this hour of this day, and forecasts it", async () => {
    const { watcher, world } = await lived(15);
    const traffic = read(watcher, "GET /users", "traffic");
    const sunday = world.clock.wall() + 5.5 * DAY_MS;
    for (const timeMs of [sunday, sunday + 2 * DAY_MS]) {
      const expected = traffic.range(timeMs)?.expected ?? 0;
      expect(expected / (50 * week(timeMs))).toBeGreaterThan(0.85);
      expect(expected / (50 * week(timeMs))).toBeLessThan(1.15);
    }
    const foreseen = await watcher.forecasts.of("GET /users", "traffic", { horizonMs: 7 * DAY_MS });
    expect(foreseen.model?.season).toBe("week");
    expect(foreseen.points.length).toBe(168);
    const reach = await watcher.forecasts.reach("pg.pool", "saturation", 0.99);
    expect(reach.state).toBe("not within horizon");
    const unknown = await watcher.forecasts.of("nothing", "traffic");
    expect(unknown.points).toEqual([]);
    expect((await watcher.forecasts.reach("nothing", "traffic", 1)).state).toBe("unknown");
  });

  it("plans the capacity of what can run full, and answers what if", async () => {
    const { watcher } = await lived(8);
    const [pool, ...others] = watcher.capacity();
    expect(others).toEqual([]);
    expect(pool?.name).toBe("pg.pool");
    expect(pool?.peak.upper).toBeGreaterThan(0.5);
    expect(pool?.recommended).toBeCloseTo((pool?.peak.upper ?? 0) / 0.7, 6);
    const model = pool?.loadModel();
    expect(model?.usable).toBe(true);
    const half = model?.whatIf({ load: 1.5 });
    // 0.3 × the load of the day; requests of its own to others are none of it.
    expect(half?.expected).toBeGreaterThan(0.65);
    expect(half?.expected).toBeLessThan(1);
    expect(half?.warning).toMatch(/heaviest load seen/);
  });

  it("tells what will be full in some hours, once, and again when it is near", async () => {
    const startMs = Date.UTC(2026, 5, 3);
    const filling = (timeMs: number): Minute => {
      const hours = Math.max(0, timeMs - startMs) / HOUR_MS;
      return { saturation: { "disk.usage": Math.min(1, 0.4 + hours / 10 + 0.001 * gauss()) } };
    };
    const { world, watcher } = await lived(2, filling);
    expect(world.told).toEqual([]);
    world.live(watcher, 120, filling);
    const [first, ...more] = world.told;
    expect(more).toEqual([]);
    expect(first).toMatchObject({
      type: "insight",
      kind: "capacity",
      operation: "disk.usage",
      signal: "saturation",
      severity: "warning",
    });
    expect(first?.reason).toMatch(/^disk\.usage, saturation: reaches 90 % in [234] h/);
    world.live(watcher, 175, filling);
    const severities = world.told.map(({ severity }) => severity);
    expect(severities).toEqual(["warning", "critical"]);
    expect(world.told[1]?.reason).toMatch(/reaches 90 % in \d+ min/);
  });

  it("tells what will be full in some days", async () => {
    const growing = (timeMs: number): Minute => ({
      saturation: {
        "disk.usage": 0.52 + (0.02 * (timeMs - Date.UTC(2026, 5, 1))) / DAY_MS + 0.002 * gauss(),
      },
    });
    const { world, watcher } = await lived(15, growing);
    const plan = watcher.capacity()[0];
    expect(plan?.full.state).toBe("expected");
    const days = ((plan?.full.expectedMs ?? 0) - world.clock.wall()) / DAY_MS;
    expect(days).toBeGreaterThan(3);
    expect(days).toBeLessThan(5);
    const kinds = world.told.map(({ kind }) => kind);
    expect(kinds).toContain("capacity");
    expect(world.told.find(({ kind }) => kind === "capacity")?.reason).toMatch(
      /at its peaks it reaches/,
    );
  });

  it("tells of a leak and of degradation, and of nothing where there is nothing", async () => {
    const start = Date.UTC(2026, 5, 1);
    const ailing = (timeMs: number): Minute => {
      const days = (timeMs - start) / DAY_MS;
      const { operations } = shop(timeMs);
      return {
        operations: {
          ...operations,
          "GET /slow": { p95: 100 * (1 + days / 5) * Math.exp(0.05 * gauss()), perSecond: 5 },
        },
        saturation: {
          "process.memory.usage": {
            value: 2 ** 28 * (1 + days / 4) + 2 ** 24 * Math.abs(gauss()),
            unit: "By",
          },
          "v8js.memory.heap.used": { value: 2 ** 28 + 2 ** 24 * Math.abs(gauss()), unit: "By" },
        },
      };
    };
    const { world } = await lived(6, ailing);
    const found = new Set(world.told.map(({ kind, operation }) => `${kind} ${operation}`));
    expect([...found].sort()).toEqual(["degradation GET /slow", "leak process.memory.usage"]);
    const leak = world.told.find(({ kind }) => kind === "leak");
    expect(leak?.reason).toMatch(
      /process\.memory\.usage, saturation: grows and gives nothing back/,
    );
    // Once a day at most.
    expect(world.told.length).toBeLessThanOrEqual(10);
  });

  it("is silent about three weeks of a healthy service", async () => {
    const { world } = await lived(21);
    expect(world.told).toEqual([]);
  });

  it("goes on after a restart from what it had learned", async () => {
    const store = memoryStore();
    const { watcher, world } = await lived(4, shop, store);
    await watcher.stop(1000);
    const before = read(watcher, "GET /users", "traffic");
    const next = new World(store, world.clock.wall());
    const restarted = baselinesWatcher();
    await next.start(restarted);
    next.live(restarted, 1, shop);
    const after = read(restarted, "GET /users", "traffic");
    const tomorrow = world.clock.wall() + DAY_MS;
    expect(after.samples).toBe(before.samples + 1);
    expect(after.range(tomorrow)?.upper).toBeCloseTo(before.range(tomorrow)?.upper ?? 0, 0);
    expect(after.series("hours").length).toBeGreaterThanOrEqual(before.series("hours").length);
    expect(restarted.tally).toMatchObject({ invalid: 0, unloaded: 0 });
  });

  it("keeps what it knows of an operation that is not called for days", async () => {
    const store = memoryStore();
    const { watcher, world } = await lived(2, shop, store);
    await watcher.stop(1000);
    const quiet = new World(store, world.clock.wall());
    const second = baselinesWatcher();
    await quiet.start(second);
    quiet.live(second, 3 * 288, () => ({}), FIVE_MINUTES_MS);
    await second.stop(1000);
    const back = new World(store, quiet.clock.wall());
    const third = baselinesWatcher();
    await back.start(third);
    back.live(third, 1, shop);
    expect(read(third, "GET /users", "traffic").samples).toBe(577);
  });

  it("holds to its number of series, says once that it is full, and lets idle ones go", async () => {
    const world = new World();
    const watcher = baselinesWatcher({ maxSeries: 10 });
    await world.start(watcher);
    const many = (from: number) => (): Minute => ({
      operations: Object.fromEntries(
        Array.from({ length: 8 }, (_, i) => [`GET#${from + i}`, { p95: 1, perSecond: 1 }]),
      ),
    });
    world.live(watcher, 10, many(0));
    expect(watcher.tally).toMatchObject({ series: 10, turnedAway: 140 });
    expect(world.warned).toEqual(["auspex: baselines know 10 series; others are left out"]);
    world.live(watcher, 289, () => ({}), FIVE_MINUTES_MS);
    world.live(watcher, 1, many(100));
    expect(watcher.tally.series).toBe(10);
    expect(
      watcher.baselines.all().every(({ attributes }) => String(attributes.part) >= "100"),
    ).toBe(true);
  });

  it("tells series of one name apart by their attributes", async () => {
    const { watcher } = await lived(1, () => ({
      saturation: { "disk#a": 0.1, "disk#b": 0.9 },
    }));
    const at = (part: string) =>
      watcher.baselines.of({ operation: `disk#${part}`, attributes: { part } }, "saturation");
    expect(at("a")?.usual().p50).toBeCloseTo(0.1, 5);
    expect(at("b")?.usual().p50).toBeCloseTo(0.9, 5);
    const other = { operation: "disk#a", attributes: { part: "b" } };
    expect(watcher.baselines.of(other, "saturation")).toBeUndefined();
  });

  it("does not learn percentiles and ratios of a handful of requests", async () => {
    const { watcher } = await lived(1, () => ({
      operations: { "GET /rare": { p95: 5, perSecond: 4 / 60, errors: 1 } },
    }));
    expect(watcher.baselines.all().map(({ signal }) => signal)).toEqual(["traffic"]);
  });

  it("keeps no more than it says, however long it runs", async () => {
    const world = new World();
    const watcher = baselinesWatcher();
    await world.start(watcher);
    const hourly = (timeMs: number): Minute => ({
      ...shop(timeMs),
      saturation: {
        "queue.length": { value: 3, unit: "{item}" },
        "queue.age": { value: 1, unit: "s" },
      },
    });
    world.live(watcher, 36 * 24, hourly, HOUR_MS);
    await watcher.stop(1000);
    const [text] = [...(world.store as ReturnType<typeof memoryStore>).values.values()];
    // Eight series and the load: 9 KB of baseline and 6.5 KB of history each, 19 KB for a saturation.
    expect(text?.length).toBeLessThan(9 * 16_000 + 2 * 13_000);
    expect(text?.length).toBeGreaterThan(100_000);
  });

  it("answers whatever it is asked", async () => {
    const { watcher } = await lived(1);
    for (const [name, make] of Object.entries(HOSTILE)) {
      for (const which of [make(), { operation: "pg.pool", attributes: make() }]) {
        expect(() => watcher.baselines.of(which as never, make() as never), name).not.toThrow();
        const { points } = await watcher.forecasts.of(which as never, "traffic", make() as never);
        expect(points, name).toEqual([]);
        const reach = await watcher.forecasts.reach(which as never, "traffic", 1, make() as never);
        expect(reach.state, name).toBe("unknown");
      }
      const pool = read(watcher, "pg.pool", "saturation");
      expect(() => pool.range(make() as number), name).not.toThrow();
      expect(() => pool.trend(make() as never), name).not.toThrow();
      expect(() => pool.series(make() as never, make() as never), name).not.toThrow();
    }
  });

  it("says at construction what is wrong with its options", () => {
    expect(() => baselinesWatcher({ intervalMs: 1, full: 2, nothing: 1 } as object)).toThrow(
      /^baselinesWatcher: 3 to mend:\n {2}- nothing is not an option; known are .*\n {2}- intervalMs is 1; .*\n {2}- full is 2; give a number from 0.05 to 1$/,
    );
    for (const [name, make] of Object.entries(HOSTILE)) {
      for (const options of [make(), { insights: make(), maxSeries: make() }]) {
        try {
          baselinesWatcher(options as object);
        } catch (error) {
          expect(error, name).toBeInstanceOf(RangeError);
        }
      }
    }
  });
});

describe("a monitor with the watcher of baselines", () => {
  it("feeds it, keeps its state and restores it", async () => {
    const store = memoryStore();
    const turns = async () => {
      for (let turn = 0; turn < 10; turn++) await new Promise((resolve) => setImmediate(resolve));
    };
    for (let life = 0; life < 2; life++) {
      const watcher = baselinesWatcher({ intervalMs: 10_000 });
      const { auspex, clock } = manualMonitor({
        watchers: [watcher],
        state: store,
        detectors: false,
      });
      clock.epoch += life * HOUR_MS;
      auspex.saturation("pg.pool", () => 0.4);
      const operation = auspex.operation("charge card");
      await turns();
      for (let minute = 0; minute < 5; minute++) {
        for (let i = 0; i < 20; i++) operation.record(10);
        clock.advance(MINUTE_MS);
        await turns();
      }
      const pool = watcher.baselines.of("pg.pool", "saturation");
      expect(pool?.usual().p50).toBeCloseTo(0.4, 5);
      expect(pool?.samples).toBe(life === 0 ? 5 : 10);
      expect(watcher.baselines.of("charge card", "latency")?.usual().p50).toBeCloseTo(10, 0);
      const stopping = auspex.shutdown({ timeoutMs: 1000 });
      await turns();
      await stopping;
      expect(store.values.get("baselines")).toContain("pg.pool");
    }
  });
});
