import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RedisExporter, redis } from "../../../src/exporters/redis/index.js";
import { Keys, parseDescriptor, parseProcess } from "../../../src/exporters/redis/schema.js";
import type { MetricBatch, MetricData } from "../../../src/snapshot/batch.js";
import { histogramMetric, histogramOf, numberMetric } from "../../../src/testing/index.js";
import { exporterConforms } from "../../conformance/exporter.js";
import { allKeys, until } from "../../helpers/redis.js";
import { redisForAll } from "../../helpers/redis-for-all.js";
import {
  COUNTER,
  fieldsOf,
  GAUGE,
  HISTOGRAM,
  Recording,
  readAll,
  SIGNAL,
  START,
} from "./harness.js";

const server = redisForAll();
let exporter: RedisExporter;

beforeEach(async () => {
  await server.flush();
  exporter = redis({ url: server.url });
});
afterEach(() => exporter.shutdown());

exporterConforms("redis", () => redis({ url: server.url }));

async function send(batch: MetricBatch, to = exporter): Promise<void> {
  expect(await to.export(batch, SIGNAL)).toEqual({ status: "success" });
}

async function ttls(): Promise<number[]> {
  const client = server.client();
  const keys = await allKeys(client);
  expect(keys.length).toBeGreaterThan(0);
  return Promise.all(keys.map((key) => client.pttl(key)));
}

const keys = new Keys("auspex");

describe("what the Redis exporter writes", () => {
  it("reads back as what was recorded", async () => {
    const recording = new Recording();
    recording.gauge = 3;
    await send(recording.record(0.001, 0.02, 0.3).batch(START));
    const read = await readAll(server.client());
    expect(read.get(HISTOGRAM)?.histogram).toEqual(histogramOf([0.001, 0.02, 0.3]));
    expect(read.get(COUNTER)?.count).toBe(3);
    expect(read.get(GAUGE)?.gauge).toMatchObject({ last: 3, saturation: 0.3 });
  });

  it("is exact over many windows, and each window has what was recorded in it", async () => {
    const recording = new Recording();
    for (let second = 0; second < 100; second += 5) {
      await send(recording.record(second / 1000).batch(START + second * 1000));
    }
    const client = server.client();
    const read = await readAll(client);
    expect(read.get(HISTOGRAM)?.histogram).toEqual(histogramOf(recording.values));
    expect(read.get(COUNTER)?.count).toBe(20);
    const raw = (await allKeys(client)).filter((key) => key.includes(":raw:"));
    expect(raw.length).toBe(10);
  });

  it("is the same however often a batch is sent", async () => {
    const recording = new Recording();
    const first = recording.record(0.1).batch(START);
    for (let i = 0; i < 3; i++) await send(first);
    const second = recording.record(0.2, 0.3).batch(START + 5000);
    for (let i = 0; i < 3; i++) await send(second);
    const read = await readAll(server.client());
    expect(read.get(HISTOGRAM)?.count).toBe(3);
    expect(read.get(COUNTER)?.count).toBe(3);
  });

  it("is only what has changed", async () => {
    const recording = new Recording();
    await send(recording.record(0.1).batch(START));
    const client = server.client();
    const [raw] = (await allKeys(client)).filter((key) => key.includes(":raw:"));
    await client.hdel(raw, ...(await fieldsOf(client, raw)).keys());
    await send(recording.batch(START + 1000));
    expect((await fieldsOf(client, raw)).size).toBe(0);
  });

  it("samples a gauge that stands still once a window, and one that moves at each flush", async () => {
    const recording = new Recording();
    const client = server.client();
    for (const [at, gauge] of [2, 2, 8].entries()) {
      recording.gauge = gauge;
      await send(recording.batch(START + at * 1000));
    }
    const read = (await readAll(client)).get(GAUGE)?.gauge;
    expect(read).toMatchObject({ last: 8, min: 2, max: 8, sum: 12, samples: 3 });
    expect(read).toMatchObject({ saturation: 0.8, saturationMax: 0.8 });
  });

  it("says which operation a series tells of, and how it ended", async () => {
    const signals = {
      instrument: "auspex.operation.duration",
      name: "charge",
      attributes: { tenant: "a" },
      outcome: "error",
      type: "Timeout",
    } as const;
    const failed = histogramMetric("auspex.operation.duration", [0.5]);
    const [point] = failed.points;
    const metric: MetricData = { ...failed, points: [{ ...point, signals }] };
    await send(new Recording().batch(START, [metric]));
    const client = server.client();
    const described = await fieldsOf(client, keys.series("conformance", "1-a-b"));
    const found = [...described.values()].map((text) => parseDescriptor(String(text)));
    expect(found).toContainEqual({
      name: "auspex.operation.duration",
      kind: "histogram",
      unit: "s",
      description: "",
      attributes: {},
      category: "operation",
      layout: [1, 3_600_000_000, 2],
      scale: 1_000_000,
      signals,
    });
  });

  it("has the newest exemplars of a series", async () => {
    const exemplar = {
      value: 0.5,
      timeMs: START,
      traceId: "a".repeat(32),
      spanId: "b".repeat(16),
    };
    const traced = histogramMetric("traced", [0.5], {}, [exemplar]);
    await send(new Recording().batch(START, [traced]));
    const stored = await fieldsOf(server.client(), keys.exemplars("conformance", "1-a-b"));
    expect([...stored.values()].map((text) => JSON.parse(String(text)))).toEqual([[exemplar]]);
  });

  it("tells which processes there are, when they were seen and that they have ended", async () => {
    const recording = new Recording();
    const client = server.client();
    await send(recording.batch(START));
    await send(recording.batch(START + 4000));
    const record = async () => {
      const stored = await client.hget(keys.processes("conformance"), "1-a-b");
      return parseProcess(String(stored));
    };
    expect(await record()).toMatchObject({
      id: "1-a-b",
      pid: process.pid,
      thread: expect.any(Number),
      seenMs: START + 4000,
      intervalMs: 4000,
      windowMs: 10_000,
    });
    expect((await record())?.endedMs).toBeUndefined();
    await exporter.shutdown();
    expect((await record())?.endedMs).toBe(START + 4000);
    expect(await client.hkeys(keys.services())).toContain("conformance");
  });

  it("keeps the index of services whole, whatever their names", async () => {
    const others = ["_", "%5F", "__proto__", "{services}", "x".repeat(300), "shop"];
    for (const [nth, service] of others.entries()) {
      const other = redis({ url: server.url });
      await send(new Recording(`${nth}-p`, service).record(0.1).batch(START), other);
      await other.shutdown();
    }
    const found = await server.client().hkeys(keys.services());
    expect(found.sort()).toEqual(
      ["%5F", "_", "__proto__", "shop", "x".repeat(255), "{services}"].sort(),
    );
    expect(await server.client().hget(keys.services(), "_")).toBe("auspex/1");
  });

  it("gives the lease of the roll-ups back when it ends, so that nobody waits for it", async () => {
    const client = server.client();
    const lease = keys.lease("conformance", "rollups");
    await send(new Recording().record(0.1).batch(START));
    await until(async () => (await client.hget(lease, "owner")) === "1-a-b");
    expect(Number(await client.hget(lease, "until"))).toBeGreaterThan(Date.now());
    await exporter.shutdown();
    expect(await client.hget(lease, "until")).toBe("0");
    expect(await client.pttl(lease)).toBeGreaterThan(0);
  });

  it("is complete in the totals when the process has ended", async () => {
    const recording = new Recording();
    await send(recording.record(0.1, 0.2).batch(START));
    await exporter.shutdown();
    const client = server.client();
    const raw = (await allKeys(client)).filter((key) => key.includes(":raw:"));
    await client.del(...raw);
    expect((await readAll(client)).get(HISTOGRAM)?.count).toBe(2);
  });

  it("expires, every key of it", async () => {
    const recording = new Recording();
    for (let at = 0; at < 60; at += 5) {
      await send(recording.record(0.1).batch(START + at * 1000));
      expect(Math.min(...(await ttls()))).toBeGreaterThan(0);
    }
  });

  it("counts a series that expired and came back on", async () => {
    const series = (count: number, startTimeMs: number): MetricData => {
      return {
        ...histogramMetric("job", []),
        points: [{ attributes: {}, histogram: histogramOf(Array(count).fill(0.1)), startTimeMs }],
      };
    };
    const counted = (value: number, startTimeMs: number): MetricData => {
      const metric = numberMetric("jobs", "counter", value);
      return { ...metric, points: [{ attributes: {}, value, startTimeMs }] };
    };
    const recording = new Recording();
    const life = async (atMs: number, count: number, startTimeMs: number) => {
      const more = [series(count, startTimeMs), counted(count, startTimeMs)];
      await send(recording.batch(START + atMs, more));
    };
    await life(0, 3, START);
    await life(5000, 5, START);
    // In the window of the old life's last values, then alone, then after its total was written.
    await life(8000, 2, START + 7000);
    await life(40_000, 4, START + 7000);
    await life(80_000, 1, START + 70_000);
    const read = await readAll(server.client());
    expect(read.get("job{}")?.count).toBe(10);
    expect(read.get("jobs{}")?.count).toBe(10);
  });

  it("is of each process where monitors share an exporter", async () => {
    const [one, other] = [new Recording("1-p"), new Recording("2-p")];
    for (let at = 0; at < 6; at++) {
      await send(one.record(0.1).batch(START + at * 5000));
      await send(other.record(0.1, 0.2).batch(START + at * 5000));
    }
    const client = server.client();
    expect((await readAll(client, "1-p")).get(HISTOGRAM)?.count).toBe(6);
    expect((await readAll(client, "2-p")).get(HISTOGRAM)?.count).toBe(12);
  });

  it("leaves out numbers that are none, and says so", async () => {
    const odd = numberMetric("odd", "gauge", Number.NaN);
    const result = await exporter.export(new Recording().batch(START, [odd]), SIGNAL);
    expect(result).toEqual({ status: "success", rejected: 1 });
  });

  it("does not take deltas: they would count a lost reply twice", async () => {
    const batch: MetricBatch = { ...new Recording().batch(START), temporality: "delta" };
    const result = await exporter.export(batch, SIGNAL);
    expect(result).toMatchObject({ status: "failure", error: { name: "temporality" } });
  });

  it("is written by 3,000 series without holding the event loop", async () => {
    const points = Array.from({ length: 3000 }, (_, i) => ({ attributes: { i }, value: i + 1 }));
    const many: MetricData = { ...numberMetric("many", "counter", 0), points };
    await send(new Recording().batch(START, [many]));
    const read = await readAll(server.client());
    for (const i of [0, 1234, 2999]) expect(read.get(`many{"i":${i}}`)?.count).toBe(i + 1);
  });
});

describe("keys of the Redis exporter", () => {
  it("stay in the prefix, with one hash tag, whatever names there are", async () => {
    const names = ["a:b{c}*", "%", "{x}", "}", "é\ud800\r\n", "x".repeat(5000), " ", "__proto__"];
    for (const [at, name] of names.entries()) {
      const one = redis({ url: server.url, prefix: "shop" });
      await send(new Recording(`${at}-${name}`, name).record(0.1).batch(START), one);
      await one.services.store.save(name, "state");
      await one.shutdown();
    }
    const all = await allKeys(server.client());
    expect(all.length).toBeGreaterThan(names.length * 4);
    for (const key of all) {
      expect(key).toMatch(/^shop:1:\{[\w.%~/-]+\}(?::[\w.%~-]+)*$/);
      expect(key.length).toBeLessThan(600);
    }
    const registries = all.filter((key) => key.endsWith(":processes"));
    expect(registries.length).toBe(names.length);
  });
});

describe("a value of somebody else under one of our keys", () => {
  const foreign = {
    "a string": (key: string) => server.client().set(key, "theirs"),
    "a list": (key: string) => server.client().rpush(key, "theirs"),
    "a hash": (key: string) => server.client().hset(key, "theirs", "1"),
    "a hash with a marker of its own": (key: string) => server.client().hset(key, "_", "theirs"),
  };
  const places = {
    processes: keys.processes("conformance"),
    services: keys.services(),
    descriptors: keys.series("conformance", "1-a-b"),
    totals: keys.total("conformance", "1-a-b"),
    "a window": keys.raw("conformance", "1-a-b", START - (START % 10_000)),
  };

  for (const [what, plant] of Object.entries(foreign)) {
    for (const [place, key] of Object.entries(places)) {
      it(`stays as it was: ${what} in place of ${place}`, async () => {
        await plant(key);
        const client = server.client();
        const before = await client.dumpBuffer(key);
        const recording = new Recording();
        const result = await exporter.export(recording.record(0.1).batch(START), SIGNAL);
        expect(result).toMatchObject({ status: "failure", error: { name: "foreign_value" } });
        await exporter.export(recording.record(0.2).batch(START + 2000), SIGNAL);
        expect(await client.dumpBuffer(key)).toEqual(before);
        expect(await client.pttl(key)).toBe(-1);
        expect(exporter.tally.foreign).toBe(2);

        await client.del(key);
        await send(recording.record(0.3).batch(START + 12_000));
        await send(recording.batch(START + 45_000));
        const read = await readAll(client);
        expect(read.get(HISTOGRAM)?.count).toBe(3);
        expect(read.get(COUNTER)?.count).toBe(3);
      });
    }
  }

  it("in place of a window lets what was recorded then be dated in the next", async () => {
    const key = keys.raw("conformance", "1-a-b", START);
    await server.client().set(key, "theirs");
    const recording = new Recording();
    await exporter.export(recording.record(0.1).batch(START), SIGNAL);
    await exporter.export(recording.record(0.1).batch(START + 24_000), SIGNAL);
    await send(recording.record(0.1).batch(START + 25_000));
    const read = await readAll(server.client(), "1-a-b", (each) => each !== key);
    expect(read.get(HISTOGRAM)?.count).toBe(3);
    expect(exporter.tally.folded).toBe(1);
    expect(await server.client().get(key)).toBe("theirs");
  });

  it("stays when it came while we wrote", async () => {
    const recording = new Recording();
    await send(recording.record(0.1).batch(START));
    const client = server.client();
    for (const key of Object.values(places)) {
      await client.del(key);
      await client.set(key, "theirs");
    }
    for (let at = 1; at < 60; at += 5) {
      await exporter.export(recording.record(0.1).batch(START + at * 1000), SIGNAL);
    }
    for (const key of Object.values(places)) {
      expect(await client.get(key)).toBe("theirs");
      expect(await client.pttl(key)).toBe(-1);
    }
  });
});
