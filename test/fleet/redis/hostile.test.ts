import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { RedisConnection } from "../../../src/exporters/redis/redis-connection.js";
import { goneKey } from "../../../src/exporters/redis/rollup-gone.js";
import { stateKey } from "../../../src/exporters/redis/rollup-state.js";
import { clientMaker } from "../../../src/exporters/redis/target.js";
import { type RedisFleet, redisFleet } from "../../../src/fleet/redis/redis-fleet.js";
import {
  counter,
  duration,
  FakeProcess,
  keys,
  rollups,
} from "../../exporters/redis/rollup-fixture.js";
import { ManualClock } from "../../helpers/manual-clock.js";
import { redisForAll } from "../../helpers/redis-for-all.js";

const clock = new ManualClock();
const t0 = Math.floor(Date.now() / 3_600_000) * 3_600_000 - 7_200_000;
clock.epoch = t0 + 9500 - clock.now();

const server = redisForAll();
let connection: RedisConnection;
let fleet: RedisFleet;

beforeAll(async () => {
  connection = new RedisConnection(clientMaker({ url: server.url }), 5000);
  fleet = redisFleet({ url: server.url, prefix: "test", clock });
});

afterAll(async () => {
  fleet.close();
  connection.close();
});

const work = duration("work");
const jobs = counter("jobs");

/** A process with one window, and every key that a reader looks at. */
async function shop(): Promise<{ process: FakeProcess; hashes: readonly string[] }> {
  await server.flush();
  const process = new FakeProcess(connection, "shop", { id: "a", startMs: t0 });
  await process.write(t0, [
    [work, [0.1]],
    [jobs, 3],
  ]);
  await process.total(t0, [[jobs, 0]]);
  await process.seen(t0 + 9000);
  const hashes = [
    keys.services(),
    keys.processes("shop"),
    keys.series("shop", "a"),
    keys.raw("shop", "a", t0),
    keys.total("shop", "a"),
    keys.exemplars("shop", "a"),
    keys.rollupSeries("shop"),
    stateKey(keys, "shop"),
    goneKey(keys, "shop"),
  ];
  return { process, hashes };
}

/** Everything a reader can be asked. */
async function askAll(): Promise<void> {
  for (const window of ["10s", "1h", "total"] as const) {
    const snapshot = await fleet.snapshot(window, { operation: "work" });
    JSON.stringify(snapshot);
    await fleet.snapshot(window);
  }
  await fleet.range({ from: t0 - 86_400_000 * 90, to: t0 + 10_000 });
  await fleet.range({ from: t0 - 60_000, to: t0 + 10_000, metric: "*" });
  await fleet.text();
}

describe("a fleet reader", () => {
  it("reads all there is beside what others put into our hashes", async () => {
    const { hashes } = await shop();
    const client = server.client();
    const nonsense = [
      "",
      "{",
      "null",
      "[]",
      "-1",
      "1e999",
      "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff",
      '{"id":"x"}',
      JSON.stringify({ ...work, layout: [1, 2 ** 53, 4] }),
      JSON.stringify({ ...work, scale: -1 }),
      JSON.stringify({ ...jobs, attributes: { __proto__: 1 }, signals: { attributes: {} } }),
      JSON.stringify({ ...jobs, signals: { name: "x", attributes: { deep: { er: 1 } } } }),
      JSON.stringify({ ...jobs, attributes: { list: [1] } }),
      JSON.stringify({ rawMs: 1e300, tiers: [[1, 1e300]], categories: [] }),
      JSON.stringify({ rawMs: 900_000, tiers: [], categories: [["http", []]] }),
      JSON.stringify({
        id: "z",
        host: "h",
        pid: 1,
        thread: 0,
        startMs: -1e300,
        seenMs: 1e300,
        intervalMs: 1e300,
        windowMs: 1e-3,
      }),
      JSON.stringify({
        id: "y",
        host: "h",
        pid: 1,
        thread: 0,
        startMs: 0,
        seenMs: 1e15,
        intervalMs: 1,
        windowMs: 1000,
      }),
    ];
    const names = ["retention", "reached|10000,60000,3600000|10000", "folded|a?", "version", "~x"];
    for (const key of hashes) {
      for (const [at, text] of nonsense.entries()) {
        await client.hset(key, `odd ${at}`, text, names[at % names.length] as string, text);
      }
      await client.hset(key, "_", "auspex/1");
    }
    await askAll();
    const snapshot = await fleet.snapshot("10s", { service: "shop" });
    expect(snapshot.reason).toBeUndefined();
    expect(snapshot.operations.find(({ name }) => name === "work")?.traffic.count).toBe(1);
    const { counters } = await fleet.snapshot("total", { service: "shop" });
    expect(counters).toMatchObject([{ name: "jobs", count: 3 }]);
  });

  it("takes a key of another kind, or a hash without our mark, for nothing", async () => {
    for (const spoil of ["string", "hash"]) {
      const { hashes } = await shop();
      const client = server.client();
      for (const key of hashes.slice(2)) {
        if (spoil === "string") await client.set(key, "theirs");
        else await client.hdel(key, "_");
      }
      await askAll();
      const snapshot = await fleet.snapshot("10s");
      expect(snapshot, spoil).toMatchObject({ stale: false, service: "shop", operations: [] });
    }
  });

  it("keeps names apart, whatever they are", async () => {
    await server.flush();
    const services = [
      "__proto__",
      "constructor",
      "{}",
      "a:b",
      "*",
      "é\n\u0000",

      "%7B",
      "~",
    ];
    for (const service of services) {
      const process = new FakeProcess(connection, service, { id: "a", startMs: t0 });
      await process.write(t0, [[duration(service), [0.1]]]);
      await process.seen(t0 + 9000);
    }
    const snapshot = await fleet.snapshot("10s");
    expect(snapshot.operations.map(({ name }) => name).sort()).toEqual([...services].sort());
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  it("survives what roll-ups make of the same", async () => {
    const { hashes } = await shop();
    const client = server.client();
    for (const key of hashes) {
      await client.hset(key, "_", "auspex/1", "reached|10000,60000,3600000|10000", "NaN");
    }
    const rolling = rollups(connection, "shop", clock);
    clock.advance(5000);
    for (let i = 0; i < 5; i++) {
      clock.advance(6000);
      await rolling.step(new AbortController().signal);
    }
    expect(rolling.tally.failures).toBe(0);
    expect(rolling.tally.steps).toBeGreaterThan(0);
    await askAll();
  });
});
