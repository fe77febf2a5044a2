import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { FleetOperationSnapshot } from "../../../src/fleet/model.js";
import { type RedisFleet, redisFleet } from "../../../src/fleet/redis/redis-fleet.js";
import { histogramOf } from "../../../src/testing/batch.js";
import { RedisCluster, RedisServer, until } from "../../helpers/redis.js";
import { redisForAll } from "../../helpers/redis-for-all.js";
import { dist } from "../members.js";

/** A second and five: what takes minutes elsewhere is seen here in seconds. */
const RETENTION = {
  rawMs: 60_000,
  tiers: [
    { stepMs: 1000, keepMs: 600_000 },
    { stepMs: 5000, keepMs: 3_600_000 },
  ],
};

const FIXTURE = fileURLToPath(new URL("fixtures/member.mjs", import.meta.url));

const members = new Set<Member>();
const fleets = new Set<RedisFleet>();
let built: string;

beforeAll(() => {
  built = dist();
});

afterEach(() => {
  for (const member of members) member.kill();
  for (const fleet of fleets) fleet.close();
  members.clear();
  fleets.clear();
});

/** One process, which does one thing at a time. */
class Member {
  private constructor(readonly child: ChildProcess) {
    members.add(this);
  }

  static async start(options: object): Promise<Member> {
    const child = fork(FIXTURE, [], {
      execArgv: [],
      env: {
        ...process.env,
        FLEET_DIST: built,
        FLEET_REDIS: JSON.stringify({ ...options, retention: RETENTION, windowMs: 1000 }),
      },
    });
    const member = new Member(child);
    await once(child, "message");
    return member;
  }

  async act(act: string, given?: unknown): Promise<unknown> {
    const answered = once(this.child, "message");
    this.child.send({ act, given });
    const [{ answer }] = await answered;
    return answer;
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const gone = once(this.child, "exit");
    this.child.kill("SIGKILL");
    await gone;
  }
}

function reader(options: object): RedisFleet {
  const fleet = redisFleet(options);
  fleets.add(fleet);
  return fleet;
}

/** Whole microseconds, in ms: each member has another distribution. */
function valuesOf(nth: number, count = 500): number[] {
  return Array.from(
    { length: count },
    (_, i) => ((i * 7919 * (nth + 1)) % 90_000) / 1000 + nth + 1,
  );
}

/** The figures of the pooled values, in ms. */
function expected(values: readonly number[]) {
  const { count, p50, p95, p99, max } = histogramOf(values.map((ms) => ms / 1000)).summary();
  const [a, b, c, d] = [p50, p95, p99, max].map((seconds) => expect.closeTo(seconds * 1000, 6));
  return { count, p50: a, p95: b, p99: c, max: d };
}

function find(operations: readonly FleetOperationSnapshot[], name: string) {
  return operations.find((each) => each.name === name);
}

/** A snapshot that is as it should be; on a busy machine one more process may be late for a while. */
async function when(
  fleet: RedisFleet,
  window: Parameters<RedisFleet["snapshot"]>[0],
  isSo: (snapshot: Awaited<ReturnType<RedisFleet["snapshot"]>>) => boolean,
) {
  for (;;) {
    const snapshot = await fleet.snapshot(window);
    if (isSo(snapshot)) return snapshot;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** What is in the ranges of an operation since an instant: roll-ups, and windows that are none yet. */
async function countIn(fleet: RedisFleet, from: number): Promise<number> {
  const { series } = await fleet.range({ from, to: Date.now() + 60_000, operation: "work" });
  return series.reduce((total, { points }) => {
    return (points as readonly { count: number }[]).reduce((sum, { count }) => sum + count, total);
  }, 0);
}

/** Until Redis has all that they recorded: the first attempt to connect may fail on a busy machine. */
async function flushed(...all: readonly Member[]): Promise<void> {
  for (const member of all) {
    await until(async () => ((await member.act("flush")) as { ok: boolean }).ok);
  }
}

async function eight(options: object): Promise<{ all: Member[]; values: number[] }> {
  const all = await Promise.all(Array.from({ length: 8 }, () => Member.start(options)));
  await Promise.all(all.map((member, nth) => member.act("record", { values: valuesOf(nth) })));
  return { all, values: all.flatMap((_, nth) => valuesOf(nth)) };
}

describe("eight processes that write to one Redis", () => {
  const server = redisForAll();
  let url: string;

  beforeAll(() => {
    url = server.url;
  });

  it("are one: percentiles of the pooled values, exact counts, in windows, totals and ranges", async () => {
    const options = { url, prefix: "one" };
    const from = Date.now() - 5000;
    const { all, values } = await eight(options);
    await all[0]?.act("record", { values: [1, 2, 3], error: "Boom" });
    await all[1]?.act("record", { values: [4], error: "Bang" });
    await all[2]?.act("begin", "work");
    await all[3]?.act("begin", "work");
    for (const [nth, member] of all.entries()) await member.act("fill", nth / 10);
    await flushed(...all);
    const fleet = reader(options);
    for (const window of ["1m", "5m", "1h", "total"] as const) {
      const snapshot = await when(fleet, window, ({ partial }) => !partial);
      expect(snapshot, window).toMatchObject({ service: "shop", partial: false, stale: false });
      expect(find(snapshot.operations, "work"), window).toMatchObject({
        // Of roll-ups it is known how many there were at a time.
        processes: window === "total" ? 8 : expect.any(Number),
        latency: expected(values),
        traffic: { count: values.length + 4 },
        errors: { count: 4, byType: { Boom: 3, Bang: 1 } },
        inFlight: 2,
      });
      expect(snapshot.counters).toMatchObject([{ name: "jobs", count: values.length + 4 }]);
      expect(snapshot.processes.filter(({ live }) => live)).toHaveLength(8);
    }
    // The fullest first; each process samples at a pace of its own.
    const levels = [0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0];
    await until(async () => {
      const [pool] = (await fleet.snapshot("10s")).saturation;
      return levels.every((level, at) => pool?.byProcess[at]?.saturation === level);
    });
    expect(await fleet.text()).toMatch(/^jobs_total 4004$/m);
    // When all of it is rolled up, it is still all of it.
    const client = server.client();
    await until(async () => {
      const reached = await client.hget("one:1:{shop}:rollups", "reached|1000,5000|5000");
      return Number(reached) > Date.now() - 6000 && Number(reached) > from + 5000;
    });
    expect(await countIn(fleet, from)).toBe(values.length + 4);
    const { series } = await fleet.range({
      from,
      to: Date.now(),
      stepMs: 60_000,
      operation: "work",
    });
    const points = series.flatMap((each) => (each.kind === "operation" ? each.points : []));
    expect(points.reduce((sum, { errors }) => sum + errors, 0)).toBe(4);
  });

  it("lose nothing when one is killed and another takes its place", async () => {
    const options = { url, prefix: "killed" };
    const from = Date.now() - 5000;
    const { all, values } = await eight(options);
    const fleet = reader(options);
    await flushed(...all);
    await all[3]?.kill();
    const born = await Member.start(options);
    await born.act("record", { values: valuesOf(8) });
    await flushed(born);
    const pid = all[3]?.child.pid;
    const isOnly = ({ missing }: { missing: readonly { pid?: number }[] }) =>
      missing.length === 1 && missing[0]?.pid === pid;
    const snapshot = await when(fleet, "total", isOnly);
    expect(snapshot.missing).toMatchObject([{ reason: "timeout", pid }]);
    expect(find(snapshot.operations, "work")).toMatchObject({
      processes: 9,
      latency: expected([...values, ...valuesOf(8)]),
    });
    const ended = (await all[4]?.act("end")) as { ok: boolean };
    expect(ended.ok).toBe(true);
    const after = await when(fleet, "total", isOnly);
    expect(find(after.operations, "work")?.traffic.count).toBe(4500);
    expect(after.processes.filter(({ live }) => live)).toHaveLength(7);
    expect(await countIn(fleet, from)).toBe(4500);
  });

  it("show at once that one is frozen, and are whole again when it wakes up", async () => {
    const options = { url, prefix: "frozen" };
    const from = Date.now() - 5000;
    const { all, values } = await eight(options);
    const fleet = reader(options);
    await flushed(...all);
    await all[0]?.act("record", { values: valuesOf(8) });
    const { child } = all[0] as Member;
    child.kill("SIGSTOP");
    const frozen = await when(fleet, "1m", ({ missing }) => {
      return missing.length === 1 && missing[0]?.pid === child.pid;
    });
    expect(frozen.missing).toMatchObject([{ reason: "timeout", pid: child.pid }]);
    expect(find(frozen.operations, "work")?.traffic.count).toBeGreaterThanOrEqual(4000);
    child.kill("SIGCONT");
    await until(async () => !(await fleet.snapshot("10s")).partial);
    await flushed(all[0] as Member);
    const total = await fleet.snapshot("total");
    expect(find(total.operations, "work")?.latency).toMatchObject(
      expected([...values, ...valuesOf(8)]),
    );
    await until(async () => (await countIn(fleet, from)) >= 4500);
    expect(await countIn(fleet, from)).toBe(4500);
  });

  it("have exact totals again after Redis has lost everything, or was killed", async () => {
    const own = await RedisServer.start();
    const options = { url: own.url, prefix: "lost" };
    const { all, values } = await eight(options);
    const fleet = reader(options);
    await flushed(...all);
    await own.flush();
    const more = valuesOf(9);
    await all[7]?.act("record", { values: more });
    const isWhole = async () => {
      const { operations, stale } = await fleet.snapshot("total");
      return !stale && (find(operations, "work")?.traffic.count ?? 0) >= 4500;
    };
    await until(isWhole);
    await own.restart();
    await until(isWhole);
    const { operations, counters } = await fleet.snapshot("total");
    expect(find(operations, "work")?.latency).toMatchObject(expected([...values, ...more]));
    expect(counters).toMatchObject([{ name: "jobs", count: 4500 }]);
    await own.stop();
  });
});

describe("a fleet in a Redis Cluster", () => {
  let cluster: RedisCluster;

  beforeAll(async () => {
    cluster = await RedisCluster.start();
  });

  afterAll(() => cluster.stop());

  it("is one over three nodes: windows, roll-ups, totals and ranges", async () => {
    const nodes = cluster.seeds.map(({ host, port }) => `redis://${host}:${port}`);
    const options = { nodes, prefix: "spread" };
    const from = Date.now() - 5000;
    const { all, values } = await eight(options);
    await flushed(...all);
    const fleet = reader(options);
    for (const window of ["1m", "total"] as const) {
      const snapshot = await when(fleet, window, ({ partial }) => !partial);
      expect(snapshot).toMatchObject({ partial: false, stale: false });
      expect(find(snapshot.operations, "work")?.latency).toMatchObject(expected(values));
    }
    const client = cluster.client();
    await until(async () => {
      const reached = await client.hget("spread:1:{shop}:rollups", "reached|1000,5000|5000");
      return Number(reached) > from + 10_000;
    });
    expect(await countIn(fleet, from)).toBe(values.length);
    const keys = await cluster.keys();
    expect(new Set(keys.map((key) => /\{[^}]+\}/.exec(key)?.[0])).size).toBeGreaterThan(8);
  });
});
