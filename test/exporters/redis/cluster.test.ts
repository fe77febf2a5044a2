import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import {
  type RedisExporter,
  type RedisExporterOptions,
  redis,
  subscribe,
} from "../../../src/exporters/redis/index.js";
import { Keys } from "../../../src/exporters/redis/schema.js";
import { exporterConforms } from "../../conformance/exporter.js";
import { RedisCluster, until } from "../../helpers/redis.js";
import { alert } from "./events.js";
import {
  COUNTER,
  expectTimesToLive,
  HISTOGRAM,
  Recording,
  readProcess,
  SIGNAL,
  START,
} from "./harness.js";

let cluster: RedisCluster;
const exporters: RedisExporter[] = [];

beforeAll(async () => {
  cluster = await RedisCluster.start();
});
afterAll(() => cluster.stop());
beforeEach(() => Promise.all(cluster.nodes.map((node) => node.flush())));
afterEach(() => Promise.all(exporters.splice(0).map((each) => each.shutdown())));

const nodesOf = () => cluster.nodes.map(({ url }) => url);

function exporterOf(options: RedisExporterOptions = { nodes: nodesOf() }): RedisExporter {
  const exporter = redis({ timeoutMs: 30_000, ...options });
  exporters.push(exporter);
  return exporter;
}

async function flush(exporter: RedisExporter, recording: Recording, atMs: number): Promise<string> {
  const result = await exporter.export(recording.record(0.01, 0.2).batch(START + atMs), SIGNAL);
  return result.status === "success" ? "success" : `${result.status} ${result.error.name}`;
}

async function expectExact(recording: Recording): Promise<void> {
  const read = await readProcess(cluster.client(), await cluster.keys(), recording.process);
  expect(read.get(HISTOGRAM)?.count).toBe(recording.count);
  expect(read.get(COUNTER)?.count).toBe(recording.count);
}

exporterConforms("redis in a cluster", () => redis({ nodes: nodesOf() }));

describe("the Redis exporter in a Cluster", () => {
  it("writes processes of many slots, each exactly, and every key expires", async () => {
    const recordings = Array.from({ length: 12 }, (_, i) => new Recording(`${i}-p`, `s${i % 3}`));
    for (const recording of recordings) {
      const exporter = exporterOf();
      for (let at = 0; at < 8; at++) {
        expect(await flush(exporter, recording, at * 5000)).toBe("success");
      }
    }
    for (const recording of recordings) await expectExact(recording);
    const client = cluster.client();
    for (const key of await cluster.keys()) expect(await client.pttl(key), key).toBeGreaterThan(0);
  });

  it("writes through a duplicate of the host's own client", async () => {
    const client = cluster.client();
    await client.set("theirs", "1");
    const recording = new Recording();
    expect(await flush(exporterOf({ client }), recording, 0)).toBe("success");
    await expectExact(recording);
    expect(await client.get("theirs")).toBe("1");
  });

  it("follows slots that move", async () => {
    const exporter = exporterOf();
    const recording = new Recording("m-p", "moving");
    const keys = new Keys("auspex");
    const moved = [keys.series("moving", "m-p"), keys.processes("moving"), keys.services()];
    for (let round = 0; round < 3; round++) {
      for (const key of moved) {
        await cluster.move(key, cluster.nodes[round]);
        const at = round * 30_000 + moved.indexOf(key) * 10_000;
        await until(async () => (await flush(exporter, recording, at)) === "success");
      }
    }
    await expectExact(recording);
  });

  it("is exact when slots move while it writes", async () => {
    const exporter = exporterOf();
    const recording = new Recording("w-p", "wandering");
    const keys = new Keys("auspex");
    let at = 0;
    let isMoving = true;
    const writing = (async () => {
      while (isMoving) await flush(exporter, recording, at++ * 500);
    })();
    for (let round = 0; round < 3; round++) {
      for (const key of [keys.series("wandering", "w-p"), keys.processes("wandering")]) {
        await cluster.move(key, cluster.nodes[round]);
      }
    }
    isMoving = false;
    await writing;
    await until(async () => (await flush(exporter, recording, at++ * 500)) === "success");
    await expectExact(recording);
    for (const node of cluster.nodes) await expectTimesToLive(node.client());
  });

  it("is exact after one node lost all it had", async () => {
    const exporter = exporterOf();
    const recording = new Recording();
    let at = 0;
    for (; at < 10; at++) await flush(exporter, recording, at * 5000);
    for (const node of cluster.nodes) {
      await node.flush();
      for (const end = at + 2; at < end; at++) await flush(exporter, recording, at * 5000);
      await expectExact(recording);
    }
  });

  it("is exact after a node was frozen", async () => {
    const exporter = exporterOf({ nodes: nodesOf(), timeoutMs: 300 });
    const recording = new Recording();
    let at = 0;
    const next = () => flush(exporter, recording, at++ * 5000);
    await next();
    const frozen = await cluster.owner(new Keys("auspex").series("conformance", "1-a-b"));
    frozen.freeze();
    for (let i = 0; i < 3; i++) expect(await next()).toMatch(/^retryable /);
    frozen.thaw();
    await until(async () => (await next()) === "success");
    await expectExact(recording);
  });

  it("carries events from any node to any other", async () => {
    const heard: unknown[] = [];
    const subscription = subscribe(
      { nodes: nodesOf() },
      { alert: (event) => void heard.push(event) },
    );
    await until(() => subscription.isConnected);
    const exporter = exporterOf();
    exporter.belongTo(new Recording().batch(START));
    exporter.onEvent(alert);
    await until(() => heard.length === 1 && exporter.tally.published === 1);
    expect(exporter.tally).toMatchObject({ published: 1, undelivered: 0 });
    subscription.close();
  });

  it("keeps state and leases", async () => {
    const exporter = exporterOf();
    exporter.belongTo(new Recording().batch(START));
    await exporter.services.store.save("k", "v");
    expect(await exporter.services.store.load("k")).toBe("v");
    expect(await exporter.services.lease("l", 1000).hold()).toBeGreaterThan(0);
  });
});
