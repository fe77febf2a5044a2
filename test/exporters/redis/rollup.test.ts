import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { Command, Connection } from "../../../src/exporters/redis/connection.js";
import { RedisConnection } from "../../../src/exporters/redis/redis-connection.js";
import { Layouts } from "../../../src/exporters/redis/rollup-series.js";
import { rollupField } from "../../../src/exporters/redis/rollup-steps.js";
import { decodeRollup, type RollupValue } from "../../../src/exporters/redis/rollup-value.js";
import {
  DEFAULT_RETENTION,
  type SeriesDescriptor,
  seriesId,
} from "../../../src/exporters/redis/schema.js";
import { clientMaker } from "../../../src/exporters/redis/target.js";
import type { Lease } from "../../../src/state/services.js";
import { histogramOf } from "../../../src/testing/batch.js";
import { ManualClock } from "../../helpers/manual-clock.js";
import { RedisServer } from "../../helpers/redis.js";
import { redisForAll } from "../../helpers/redis-for-all.js";
import {
  counter,
  duration,
  FakeProcess,
  gauge,
  keys,
  rollups,
  type Said,
  samples,
  settle,
} from "./rollup-fixture.js";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const STEP_MS = 10_000;

const server = redisForAll();
let connection: RedisConnection;
let service: string;
let clock: ManualClock;
/** Start of an hour that is past, and of all tests. */
let t0: number;
let nth = 0;

beforeAll(async () => {
  connection = new RedisConnection(clientMaker({ url: server.url }), 5000);
});

afterAll(async () => {
  connection.close();
});

beforeEach(() => {
  service = `service ${nth++}`;
  t0 = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - 2 * HOUR_MS;
  clock = new ManualClock();
  at(t0);
});

/** Moves the wall clock to an instant. */
function at(wall: number): void {
  clock.epoch = wall - clock.now();
}

function started(id: string, startMs = t0): FakeProcess {
  return new FakeProcess(connection, service, { id, startMs });
}

async function read(
  descriptor: SeriesDescriptor,
  stepMs: number,
  startMs: number,
  of = service,
): Promise<RollupValue | undefined> {
  const chunk = { [STEP_MS]: MINUTE_MS, [MINUTE_MS]: HOUR_MS, [HOUR_MS]: 24 * HOUR_MS }[stepMs];
  const span = chunk as number;
  const key = keys.rollup(of, descriptor.category, stepMs, Math.floor(startMs / span) * span);
  const field = rollupField(seriesId(descriptor), stepMs, startMs);
  const [reply] = await connection.batch([["HGET", key, field]], { binary: true });
  if (!Buffer.isBuffer(reply)) return undefined;
  const series = new Layouts().series(seriesId(descriptor), descriptor);
  return series && decodeRollup(reply, series);
}

/** Counts by slot: what two histograms must have alike. */
function slots(value: RollupValue | undefined): [number, number][] | undefined {
  if (value === undefined || !("histogram" in value)) return undefined;
  const found: [number, number][] = [];
  value.histogram.forEachSlot((slot, count) => found.push([slot, count]));
  return found;
}

function slotsOf(values: readonly number[]) {
  const found: [number, number][] = [];
  histogramOf(values).forEachSlot((slot, count) => found.push([slot, count]));
  return found;
}

const work = duration("work");

/** Two minutes of three processes, each window with values of its own. */
async function twoMinutes(): Promise<{ all: Map<number, number[]>; processes: FakeProcess[] }> {
  const all = new Map<number, number[]>();
  const processes = ["a", "b", "c"].map((id) => started(id));
  for (const [nth, process] of processes.entries()) {
    for (let window = 0; window < 12; window++) {
      const values = Array.from({ length: 5 + window }, (_, i) => (nth + 1) * 0.01 + i * 0.001);
      const start = t0 + window * STEP_MS;
      all.set(start, [...(all.get(start) ?? []), ...values]);
      await process.write(start, [[work, values]]);
    }
    await process.seen(t0 + 2 * MINUTE_MS + 300);
  }
  at(t0 + 2 * MINUTE_MS + 2500);
  return { all, processes };
}

async function expectTwoMinutes(all: ReadonlyMap<number, readonly number[]>, of = service) {
  for (const [start, values] of all) {
    const step = await read(work, STEP_MS, start, of);
    expect(slots(step)).toEqual(slotsOf(values));
    expect(step?.processes).toBe(3);
  }
  for (const minute of [t0, t0 + MINUTE_MS]) {
    const values = [...all].filter(([start]) => start >= minute && start < minute + MINUTE_MS);
    const sum = await read(work, MINUTE_MS, minute, of);
    expect(slots(sum)).toEqual(slotsOf(values.flatMap(([, each]) => each)));
  }
}

describe("roll-ups of a fleet in Redis", () => {
  it("pool the values of all processes, in every tier", async () => {
    const { all, processes } = await twoMinutes();
    const rolling = rollups(connection, service, clock);
    await settle(rolling, clock);
    await expectTwoMinutes(all);
    expect(await read(work, HOUR_MS, t0)).toBeUndefined();

    for (const process of processes) await process.seen(t0 + HOUR_MS + 300);
    at(t0 + HOUR_MS + 2500);
    await settle(rolling, clock);
    const hour = await read(work, HOUR_MS, t0);
    expect(slots(hour)).toEqual(slotsOf([...all.values()].flat()));
    expect(hour?.processes).toBe(3);
    expect(rolling.tally).toMatchObject({ failures: 0, refused: 0, unreadable: 0 });
  });

  it("sum counters, and keep of gauges the range, the mean and the worst process", async () => {
    const [jobs, heap] = [counter("jobs.done"), gauge("heap", true)];
    const saidBy: Record<string, Said> = {
      a: [
        [jobs, 5],
        [heap, { ...samples(0.1, 0.5), saturation: 0.5, saturationMax: 0.5 }],
      ],
      b: [
        [jobs, 7.5],
        [heap, { ...samples(0.9, 0.2), saturation: 0.2, saturationMax: 0.9 }],
      ],
    };
    for (const [id, said] of Object.entries(saidBy)) {
      const process = started(id);
      await process.write(t0, said);
      await process.write(t0 + STEP_MS, [[jobs, 1]]);
      await process.seen(t0 + MINUTE_MS + 300);
    }
    at(t0 + MINUTE_MS + 2500);
    await settle(rollups(connection, service, clock), clock);
    expect(await read(jobs, STEP_MS, t0)).toEqual({ processes: 2, sum: 12.5 });
    expect(await read(jobs, MINUTE_MS, t0)).toEqual({ processes: 2, sum: 14.5 });
    const expected = {
      min: 0.1,
      max: 0.9,
      samples: 4,
      last: 0.7,
      saturation: 0.5,
      saturationMax: 0.9,
      worst: "b",
    };
    for (const step of [STEP_MS, MINUTE_MS]) {
      const value = await read(heap, step, t0);
      expect(value).toMatchObject({ processes: 2, gauge: expected });
      expect(value !== undefined && "gauge" in value && value.gauge.sum).toBeCloseTo(1.7);
    }
  });

  it("count once what all processes of a host, or all threads of a process, count alike", async () => {
    const [host, own, plain] = ["system.cpu.time", "process.cpu.time", "jobs"].map((name) => {
      return counter(name);
    });
    const said = (by: number): Said => [
      [host, by],
      [own, by],
      [plain, by],
    ];
    for (const [id, thread, pid] of [
      ["main", 0, 1],
      ["thread", 1, 1],
      ["other", 0, 2],
    ] as const) {
      const process = new FakeProcess(connection, service, { id, startMs: t0, thread, pid });
      await process.write(t0, said(10));
      await process.seen(t0 + STEP_MS + 300);
    }
    at(t0 + STEP_MS + 2500);
    await settle(rollups(connection, service, clock), clock);
    const sums = await Promise.all([host, own, plain].map((each) => read(each, STEP_MS, t0)));
    expect(sums).toEqual([10, 20, 30].map((sum) => ({ processes: 3, sum })));
  });

  it("put windows that are longer than a step where they begin", async () => {
    const slow = new FakeProcess(connection, service, {
      id: "slow",
      startMs: t0,
      windowMs: MINUTE_MS,
      intervalMs: MINUTE_MS,
    });
    await slow.write(t0, [[work, [0.1, 0.2]]]);
    await slow.seen(t0 + 30_000);
    at(t0 + MINUTE_MS - 1000);
    const rolling = rollups(connection, service, clock);
    await settle(rolling, clock);
    // Its window is not over: nothing is settled.
    expect(rolling.tally.steps).toBe(0);
    await slow.seen(t0 + MINUTE_MS + 300);
    at(t0 + MINUTE_MS + 2500);
    await settle(rolling, clock);
    expect(slots(await read(work, STEP_MS, t0))).toEqual(slotsOf([0.1, 0.2]));
    expect(slots(await read(work, MINUTE_MS, t0))).toEqual(slotsOf([0.1, 0.2]));
  });

  it("give every key a time to live, by category", async () => {
    const process = started("a");
    const tasks = { ...counter("tasks.done"), category: "tasks" };
    await process.write(t0, [
      [work, [0.1]],
      [tasks, 1],
    ]);
    await process.seen(t0 + HOUR_MS + 300);
    at(t0 + HOUR_MS + 2500);
    const day = 24 * HOUR_MS;
    const byCategory = new Map([["tasks", [{ stepMs: MINUTE_MS, keepMs: day }]]]);
    const retention = { ...DEFAULT_RETENTION, rawMs: 2 * HOUR_MS, byCategory };
    await settle(rollups(connection, service, clock, { retention }), clock);
    const client = server.client();
    const until = async (category: string, stepMs: number, start: number) => {
      return Date.now() + (await client.pttl(keys.rollup(service, category, stepMs, start)));
    };
    const seconds = (ms: number) => Math.round(ms / 1000);
    const ends = await Promise.all([
      until("operation", STEP_MS, t0),
      until("operation", MINUTE_MS, t0),
      until("operation", HOUR_MS, Math.floor(t0 / day) * day),
      until("tasks", MINUTE_MS, t0),
    ]);
    expect(ends.map(seconds)).toEqual(
      [
        t0 + MINUTE_MS + 6 * HOUR_MS,
        t0 + HOUR_MS + 7 * day,
        Math.floor(t0 / day) * day + day + 90 * day,
        t0 + HOUR_MS + day,
      ].map(seconds),
    );
    expect(await read(tasks, MINUTE_MS, t0)).toEqual({ processes: 1, sum: 1 });
    expect(await read(tasks, STEP_MS, t0)).toBeUndefined();
    // What the process itself writes has its own; here a stand-in wrote it.
    const shared = await client.keys(`test:1:{${encodeURIComponent(service)}}:*`);
    expect(shared.length).toBeGreaterThan(6);
    for (const key of shared) {
      if (!key.endsWith(":processes")) expect(await client.pttl(key), key).toBeGreaterThan(0);
    }
  });

  it("write the newest step down as current values that people can read", async () => {
    const [heap, active] = [gauge("heap"), gauge("active")];
    const inFlight = {
      ...active,
      kind: "updown" as const,
      category: "operation",
      signals: { instrument: "auspex.operation.duration", name: "work", attributes: {} },
    };
    for (const id of ["a", "b"]) {
      const process = started(id);
      await process.write(t0, [
        [work, Array.from({ length: 100 }, (_, i) => (i + 1) / 1000)],
        [duration("work", "error", "Boom"), [0.5]],
        [inFlight, samples(3)],
        [heap, samples(1, 2)],
      ]);
      await process.seen(t0 + STEP_MS + 300);
    }
    at(t0 + STEP_MS + 2500);
    await settle(rollups(connection, service, clock), clock);
    const client = server.client();
    const key = keys.service(service, "metrics", "operation", "work", "current");
    expect(await client.hgetall(key)).toEqual({
      _: "auspex/1",
      count: "202",
      per_second: "20.2",
      errors: "2",
      error_ratio: "0.00990099",
      aborted: "0",
      p50_ms: "50.175",
      p95_ms: "95.231",
      p99_ms: "99.327",
      max_ms: "100.351",
      mean_ms: expect.stringMatching(/^50\.\d+$/),
      in_flight: "6",
      processes: "2",
      window_ms: "10000",
      last_updated: new Date(t0 + STEP_MS).toISOString(),
    });
    expect(await client.pttl(key)).toBeGreaterThan(0);
    const heapKey = keys.service(service, "metrics", "heap", "heap", "current");
    expect(await client.hgetall(heapKey)).toMatchObject({ value: "1.5", min: "1", max: "2" });
  });
});

describe("a process that is late", () => {
  it("is waited for while it lives", async () => {
    const [a, b] = [started("a"), started("b")];
    for (const process of [a, b]) await process.write(t0, [[work, [0.1]]]);
    await a.seen(t0 + STEP_MS + 300);
    await b.seen(t0 + STEP_MS - 100);
    at(t0 + STEP_MS + 3000);
    const rolling = rollups(connection, service, clock);
    await rolling.step(new AbortController().signal);
    expect(rolling.tally.steps).toBe(0);
    await b.seen(t0 + STEP_MS + 400);
    await settle(rolling, clock);
    expect((await read(work, STEP_MS, t0))?.processes).toBe(2);
  });

  it("is not waited for when it is silent, and is made good when it comes back", async () => {
    const [a, b] = [started("a"), started("b")];
    const rolling = rollups(connection, service, clock);
    await a.write(t0, [[work, [0.1]]]);
    await a.seen(t0 + MINUTE_MS + 300);
    await b.seen(t0 + 4000);
    at(t0 + MINUTE_MS + 2500);
    await settle(rolling, clock);
    expect((await read(work, STEP_MS, t0))?.processes).toBe(1);
    expect((await read(work, MINUTE_MS, t0))?.processes).toBe(1);
    // Frozen meanwhile; now it writes the window it was in, and a later one.
    await b.write(t0, [[work, [0.2, 0.3]]]);
    await b.write(t0 + 50_000, [[work, [0.4]]]);
    await b.seen(t0 + MINUTE_MS + 5000);
    await a.seen(t0 + MINUTE_MS + 5000);
    await settle(rolling, clock);
    expect(slots(await read(work, STEP_MS, t0))).toEqual(slotsOf([0.1, 0.2, 0.3]));
    expect(slots(await read(work, STEP_MS, t0 + 50_000))).toEqual(slotsOf([0.4]));
    expect(slots(await read(work, MINUTE_MS, t0))).toEqual(slotsOf([0.1, 0.2, 0.3, 0.4]));
    // Once: there is nothing to do now.
    const { steps } = rolling.tally;
    await settle(rolling, clock);
    expect(rolling.tally.steps).toBe(steps);
  });

  it("is made good when it says so, in every tier", async () => {
    const { all, processes } = await twoMinutes();
    const rolling = rollups(connection, service, clock);
    await settle(rolling, clock);
    const late = [0.7, 0.8];
    const values = [...(all.get(t0 + STEP_MS) ?? []), ...late];
    const own = Array.from({ length: 6 }, (_, i) => 0.01 + i * 0.001);
    await processes[0].write(t0 + STEP_MS, [[work, [...own, ...late]]]);
    all.set(t0 + STEP_MS, values);
    const lateAtMs = clock.wall();
    await processes[0].seen(lateAtMs, { lateMs: t0 + STEP_MS, lateAtMs });
    for (const process of processes.slice(1)) await process.seen(lateAtMs);
    await settle(rolling, clock);
    await expectTwoMinutes(all);
  });

  it("is made good when nobody knew it yet", async () => {
    const [a, b] = [started("a"), started("b", t0 + 2000)];
    const rolling = rollups(connection, service, clock);
    await a.write(t0, [[work, [0.1]]]);
    await a.seen(t0 + MINUTE_MS + 300);
    at(t0 + MINUTE_MS + 2500);
    await settle(rolling, clock);
    await b.write(t0, [[work, [0.2]]]);
    await b.seen(t0 + MINUTE_MS + 5000);
    await a.seen(t0 + MINUTE_MS + 5000);
    await settle(rolling, clock);
    expect(slots(await read(work, MINUTE_MS, t0))).toEqual(slotsOf([0.1, 0.2]));
  });
});

describe("a lease that is lost half-way", () => {
  /** Fails from its nth call on: what a holder that is killed there leaves behind. */
  class Cut implements Connection {
    calls = 0;
    constructor(private readonly most: number) {}

    async command(...command: Command): Promise<unknown> {
      if (++this.calls > this.most) throw new Error("cut");
      return connection.command(...command);
    }

    async batch(commands: readonly Command[], options?: { readonly binary?: boolean }) {
      if (++this.calls > this.most) return commands.map(() => new Error("cut"));
      return connection.batch(commands, options);
    }

    close(): void {}
  }

  const always: Lease = { hold: async () => 1, release: async () => {} };

  it("neither doubles nor loses anything, wherever its holder is killed", async () => {
    const { all, processes } = await twoMinutes();
    const whole = new Cut(Number.POSITIVE_INFINITY);
    await settle(rollups(whole, service, clock, { lease: always }), clock);
    expect(whole.calls).toBeGreaterThan(40);
    for (let most = 0; most <= whole.calls; most += 6) {
      const twin = `${service}, cut after ${most}`;
      at(t0 + 2 * MINUTE_MS + 2500);
      for (const { id, record } of processes) {
        const copy = new FakeProcess(connection, twin, { ...record, id });
        for (const start of all.keys()) {
          await connection.command("COPY", keys.raw(service, id, start), keys.raw(twin, id, start));
        }
        await connection.command("COPY", keys.series(service, id), keys.series(twin, id));
        await copy.seen(record.seenMs);
      }
      const dying = rollups(new Cut(most), twin, clock, { lease: always });
      await settle(dying, clock);
      await settle(rollups(connection, twin, clock, { lease: always }), clock);
      await expectTwoMinutes(all, twin);
    }
  });

  it("does no harm when two hold it at once", async () => {
    const { all } = await twoMinutes();
    const two = [1, 2].map(() => rollups(connection, service, clock, { lease: always }));
    for (let i = 0; i < 10; i++) {
      clock.advance(2500);
      await Promise.all(two.map((each) => each.step(new AbortController().signal)));
    }
    await expectTwoMinutes(all);
    const client = server.client();
    const reached = Object.entries(await client.hgetall(keys.service(service, "rollups")));
    const fields = reached.filter(([field]) => field.startsWith("reached|"));
    expect(new Map(fields).get("reached|10000,60000,3600000|60000")).toBe(
      String(t0 + 2 * MINUTE_MS),
    );
  });

  it("keeps what was made of more when a slow holder writes what it has read long ago", async () => {
    const [a, b] = [started("a"), started("b")];
    await a.write(t0, [[work, [0.1]]]);
    await a.seen(t0 + STEP_MS + 300);
    await b.seen(t0 + 300);
    at(t0 + STEP_MS + 6000);
    let resume = () => {};
    const asleep = new Promise<void>((resolve) => {
      resume = resolve;
    });
    let fellAsleep = () => {};
    const stopped = new Promise<void>((resolve) => {
      fellAsleep = resolve;
    });
    // It reads the raw windows, and sleeps before it writes them.
    const slow: Connection = {
      command: (...command) => connection.command(...command),
      async batch(commands, options) {
        if (commands.some(([name, script]) => name === "EVAL" && /struct/.test(String(script)))) {
          fellAsleep();
          await asleep;
        }
        return connection.batch(commands, options);
      },
      close() {},
    };
    const sleeper = rollups(slow, service, clock, { lease: always });
    clock.advance(2500);
    const sleeping = sleeper.step(new AbortController().signal);
    await stopped;
    await b.write(t0, [[work, [0.2]]]);
    for (const process of [a, b]) await process.seen(t0 + STEP_MS + 7000);
    await settle(rollups(connection, service, clock, { lease: always }), clock);
    expect(slots(await read(work, STEP_MS, t0))).toEqual(slotsOf([0.1, 0.2]));
    resume();
    await sleeping;
    expect(sleeper.tally.kept).toBe(1);
    expect(slots(await read(work, STEP_MS, t0))).toEqual(slotsOf([0.1, 0.2]));
    await settle(sleeper, clock);
    expect(slots(await read(work, STEP_MS, t0))).toEqual(slotsOf([0.1, 0.2]));
  });

  it("passes on to another process, which goes on where the first stopped", async () => {
    const { all } = await twoMinutes();
    const [one, two] = ["one", "two"].map((owner) => {
      return rollups(connection, service, clock, { owner });
    });
    const abort = new AbortController();
    clock.advance(2500);
    await one.step(abort.signal);
    const before = one.tally.steps;
    await settle(two, clock);
    expect(two.tally.steps).toBe(0);
    await connection.command("DEL", keys.lease(service, "rollups"));
    await settle(two, clock);
    expect(two.tally.steps).toBe(14 - before);
    await expectTwoMinutes(all);
  });
});

describe("what Redis does to roll-ups", () => {
  it("heals after everything was flushed: what is still written is rolled up", async () => {
    const { all, processes } = await twoMinutes();
    const rolling = rollups(connection, service, clock);
    await settle(rolling, clock);
    await server.flush();
    for (const [nth, process] of processes.entries()) {
      for (const start of all.keys()) {
        const length = 5 + (start - t0) / STEP_MS;
        const values = Array.from({ length }, (_, i) => (nth + 1) * 0.01 + i * 0.001);
        await process.write(start, [[work, values]]);
      }
      await process.seen(process.record.seenMs);
    }
    await settle(rolling, clock);
    await expectTwoMinutes(all);
    const series = await server.client().hgetall(keys.rollupSeries(service));
    expect(Object.keys(series).sort()).toEqual([seriesId(work), "_"].sort());
  });

  it("leaves values of others under our keys alone, and rolls up the rest", async () => {
    const process = started("a");
    const jobs = counter("jobs.done");
    await process.write(t0, [
      [work, [0.1]],
      [jobs, 1],
    ]);
    await process.seen(t0 + STEP_MS + 300);
    const client = server.client();
    const foreign = keys.rollup(service, "operation", STEP_MS, t0);
    const hash = keys.service(service, "metrics", "jobs", "jobs.done", "current");
    await client.set(foreign, "theirs");
    await client.hset(hash, "theirs", "1");
    at(t0 + STEP_MS + 2500);
    const rolling = rollups(connection, service, clock);
    await settle(rolling, clock);
    expect(await client.get(foreign)).toBe("theirs");
    expect(await client.hgetall(hash)).toEqual({ theirs: "1" });
    expect(await read(jobs, STEP_MS, t0)).toEqual({ processes: 1, sum: 1 });
    expect(rolling.tally).toMatchObject({ refused: 2, failures: 0 });
  });

  it("counts what cannot be read, and goes on", async () => {
    const process = started("a");
    const jobs = counter("jobs.done");
    await process.write(t0, [
      [work, [0.1]],
      [jobs, 1],
    ]);
    await process.seen(t0 + STEP_MS + 300);
    const client = server.client();
    await client.hset(keys.raw(service, "a", t0), seriesId(work), "nonsense");
    await client.hset(keys.processes(service), "b", "{", "c", "[]");
    at(t0 + STEP_MS + 2500);
    const rolling = rollups(connection, service, clock);
    await settle(rolling, clock);
    expect(await read(jobs, STEP_MS, t0)).toEqual({ processes: 1, sum: 1 });
    expect(rolling.tally.failures).toBe(0);
    expect(rolling.tally.unreadable).toBeGreaterThanOrEqual(3);
  });

  it("is told once, and hurts nobody, when it is not there", async () => {
    const down = await RedisServer.reserved();
    const lost = new RedisConnection(clientMaker({ url: down.url }), 1000);
    const told: string[] = [];
    const yes: Lease = { hold: async () => 1, release: async () => {} };
    const rolling = rollups(lost, service, clock, { lease: yes, told });
    for (let i = 0; i < 3; i++) {
      clock.advance(6000);
      await rolling.step(new AbortController().signal);
    }
    expect(rolling.tally).toMatchObject({ failures: 3, steps: 0 });
    expect(told).toEqual([expect.stringMatching(/^auspex: roll-ups in Redis: ECONNREFUSED/)]);
    lost.close();
    await down.stop();
  });

  it("lets go of processes that are long gone, and of what they owed", async () => {
    const [old, young] = [started("old"), started("young")];
    await old.seen(t0 - 25 * HOUR_MS);
    await young.seen(t0 + STEP_MS + 300);
    await young.write(t0, [[work, [0.1]]]);
    at(t0 + STEP_MS + 2500);
    await settle(rollups(connection, service, clock), clock);
    const client = server.client();
    const known = Object.keys(await client.hgetall(keys.processes(service)));
    expect(known.sort()).toEqual(["_", "young"]);
    const fields = Object.keys(await client.hgetall(keys.service(service, "rollups")));
    expect(fields.filter((field) => field.endsWith("|old"))).toEqual([]);
  });
});
