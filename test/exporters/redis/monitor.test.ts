import { beforeEach, describe, expect, it } from "vitest";
import { redis } from "../../../src/exporters/redis/index.js";
import {
  Keys,
  parseDescriptor,
  type SeriesDescriptor,
} from "../../../src/exporters/redis/schema.js";
import { manualMonitor, monitor } from "../../helpers/monitor.js";
import { allKeys, until } from "../../helpers/redis.js";
import { redisForAll } from "../../helpers/redis-for-all.js";
import { BadNetwork } from "./bad-network.js";
import { fieldsOf, type Read, readProcess } from "./harness.js";

const server = redisForAll();

beforeEach(() => server.flush());

/** What the one process there is wrote. */
async function read(): Promise<Map<string, Read>> {
  const client = server.client();
  const keys = await allKeys(client);
  const ids = await client.hkeys(new Keys("auspex").processes("test"));
  return readProcess(client, keys, ids.find((id) => id !== "_") as string);
}

function sockets(): number {
  return process.getActiveResourcesInfo().filter((kind) => kind === "TCPSocketWrap").length;
}

describe("a monitor that exports to Redis", () => {
  it("writes operations with how they ended, what is in flight and how full things are", async () => {
    const exporter = redis({ url: server.url });
    const auspex = monitor({ exporters: [exporter], saturation: false });
    const charge = auspex.operation("charge", { tenant: "a" });
    for (let i = 0; i < 5; i++) charge.record(10 + i);
    charge.record(30, new TypeError("no funds"));
    charge.start();
    auspex.counter("orders").add(7);
    auspex.saturation("pool", () => 0.25);
    expect(await auspex.forceFlush()).toMatchObject({ ok: true });
    const signals = (each: Read) => each.descriptor.signals;
    const all = [...(await read()).values()];
    const of = (outcome: string | undefined) =>
      all.find((each) => signals(each)?.name === "charge" && signals(each)?.outcome === outcome);
    expect(of("ok")?.count).toBe(5);
    expect(of("error")).toMatchObject({ count: 1, descriptor: { signals: { type: "TypeError" } } });
    expect(of(undefined)?.gauge).toMatchObject({ last: 1 });
    expect(all.find(({ descriptor }) => descriptor.name === "orders")?.count).toBe(7);
    const pool = all.find(({ descriptor }) => descriptor.name === "pool");
    expect(pool).toMatchObject({ descriptor: { saturation: true }, gauge: { last: 0.25 } });
    expect(signals(of("ok") as Read)?.attributes).toEqual({ tenant: "a" });
  });

  it("gives each series the category that its retention goes by", async () => {
    const auspex = monitor({ exporters: [redis({ url: server.url })], saturation: false });
    auspex.operation("plain").record(1);
    auspex.operation("epoch", { "auspex.category": "training" }).record(1);
    auspex.counter("tasks.done").add(1);
    auspex.counter("tasks.moved").bind({ "auspex.category": "moves" }).add(1);
    await auspex.forceFlush();
    const all = [...(await read()).values()].map(({ descriptor }) => descriptor);
    const categories = (isMeant: (each: SeriesDescriptor) => boolean) => {
      return new Set(all.filter(isMeant).map(({ category }) => category));
    };
    expect(categories(({ signals }) => signals?.name === "plain")).toEqual(new Set(["operation"]));
    expect(categories(({ signals }) => signals?.name === "epoch")).toEqual(new Set(["training"]));
    expect(categories(({ name }) => name === "tasks.done")).toEqual(new Set(["tasks"]));
    expect(categories(({ name }) => name === "tasks.moved")).toEqual(new Set(["moves"]));
  });

  it("writes the same ids as another process for the same series", async () => {
    const client = server.client();
    for (const service of ["one", "two"]) {
      const auspex = monitor({
        service,
        exporters: [redis({ url: server.url })],
        saturation: false,
      });
      auspex.operation("charge").record(5);
      await auspex.forceFlush();
    }
    const keys = (await allKeys(client)).filter(
      (key) => key.includes("/") && key.endsWith(":series"),
    );
    const [one, two] = await Promise.all(keys.map((key) => fieldsOf(client, key)));
    expect([...one.keys()].sort()).toEqual([...two.keys()].sort());
    for (const text of one.values()) expect(parseDescriptor(String(text))).toBeDefined();
  });

  it("exports every 5 s unless told otherwise", async () => {
    const exporter = redis({ url: server.url });
    const { auspex, clock } = manualMonitor({ exporters: [exporter] });
    auspex.counter("n").add(1);
    clock.advance(5500);
    const exported = () => auspex.snapshot().self.exports.redis?.exported ?? 0;
    await until(() => exported() > 0);
    expect(exported()).toBe(1);
  });

  it("has everything unflushed when Redis was never there, and says why", async () => {
    const exporter = redis({ url: "redis://127.0.0.1:1", timeoutMs: 100 });
    const auspex = monitor({ exporters: [exporter] });
    for (let i = 0; i < 9; i++) auspex.operation("charge").record(5);
    const result = await auspex.shutdown({ timeoutMs: 200 });
    expect(result).toMatchObject({ ok: false, unflushed: 9 });
    expect(result.exporters[0]?.error ?? "timeout").toMatch(/ECONNREFUSED|timeout/);
  });

  it("keeps no process alive", async () => {
    const before = sockets();
    const auspex = monitor({ exporters: [redis({ url: server.url })] });
    auspex.counter("n").add(1);
    expect(await auspex.forceFlush()).toMatchObject({ ok: true });
    expect(sockets()).toBeLessThanOrEqual(before);
  });

  it("holds one connection and one flush at most while nothing answers", async () => {
    const network = await BadNetwork.start(server.port);
    const exporter = redis({ url: network.url, timeoutMs: 50 });
    const auspex = monitor({ exporters: [{ exporter, intervalMs: 600_000 }] });
    auspex.counter("n").add(1);
    await auspex.forceFlush();
    network.mode = "lose requests";
    for (let i = 0; i < 10; i++) {
      auspex.counter("n").add(1);
      await auspex.forceFlush({ timeoutMs: 100 });
      // The network may see the next one come before the last one go.
      await until(() => network.connections <= 1);
    }
    await auspex.shutdown({ timeoutMs: 100 });
    await until(() => network.connections === 0);
    await network.stop();
  });
});
