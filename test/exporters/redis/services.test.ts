import { afterEach, describe, expect, it } from "vitest";
import { type RedisExporter, redis } from "../../../src/exporters/redis/index.js";
import { allKeys } from "../../helpers/redis.js";
import { redisForAll } from "../../helpers/redis-for-all.js";
import { Recording, SIGNAL, START } from "./harness.js";

const server = redisForAll();
const exporters: RedisExporter[] = [];

afterEach(() => Promise.all(exporters.splice(0).map((each) => each.shutdown())));

function exporterOf(process: string, service = "shop"): RedisExporter {
  const exporter = redis({ url: server.url });
  exporters.push(exporter);
  exporter.belongTo(new Recording(process, service).batch(START));
  return exporter;
}

describe("what Redis offers the processes of a fleet", () => {
  it("keeps state that every process of a service reads, and no other service", async () => {
    const [one, other, stranger] = [exporterOf("1"), exporterOf("2"), exporterOf("3", "else")];
    expect(await one.services.store.load("detectors/charge")).toBeUndefined();
    await one.services.store.save("detectors/charge", "learned é");
    expect(await other.services.store.load("detectors/charge")).toBe("learned é");
    expect(await stranger.services.store.load("detectors/charge")).toBeUndefined();
    const client = server.client();
    const [key] = (await allKeys(client)).filter((each) => each.includes(":state:"));
    expect(await client.pttl(key)).toBeGreaterThan(86_400_000);
  });

  it("lets one process at a time hold a lease", async () => {
    const [one, other] = [exporterOf("1"), exporterOf("2")];
    const [mine, theirs] = [one, other].map(({ services }) => services.lease("alerts", 5000));
    const token = await mine.hold();
    expect(token).toBeGreaterThan(0);
    expect(await theirs.hold()).toBe(0);
    await mine.release();
    expect(await theirs.hold()).toBeGreaterThan(token);
  });

  it("replaces a hash as a whole for others to read, and never one of somebody else's", async () => {
    const { services } = exporterOf("1");
    const client = server.client();
    await services.writeHash("context:system:capacity", { accepting: "true", load: "0.5" }, 30_000);
    await services.writeHash("context:system:capacity", { accepting: "false" }, 30_000);
    expect(await client.hget("context:system:capacity", "accepting")).toBe("false");
    expect(await client.hget("context:system:capacity", "load")).toBeNull();
    expect(await client.pttl("context:system:capacity")).toBeGreaterThan(0);
    await client.hset("context:system:other", "theirs", "1");
    await expect(
      services.writeHash("context:system:other", { accepting: "true" }, 30_000),
    ).rejects.toMatchObject({ name: "foreign_value" });
    expect(await client.hgetall("context:system:other")).toEqual({ theirs: "1" });
  });

  it("waits for the first batch where nobody has said whose it is", async () => {
    const exporter = redis({ url: server.url });
    exporters.push(exporter);
    const saved = exporter.services.store.save("k", "v");
    await exporter.export(new Recording("9", "late").batch(START), SIGNAL);
    await saved;
    expect(await exporterOf("1", "late").services.store.load("k")).toBe("v");
  });

  it("says what is wrong when Redis is not there, and a lease is then nobody's", async () => {
    const exporter = redis({ url: "redis://127.0.0.1:1", timeoutMs: 200 });
    exporters.push(exporter);
    exporter.belongTo(new Recording().batch(START));
    const { services } = exporter;
    await expect(services.store.load("k")).rejects.toMatchObject({ name: "ECONNREFUSED" });
    await expect(services.store.save("k", "v")).rejects.toMatchObject({ name: "ECONNREFUSED" });
    expect(await services.lease("x", 1000).hold()).toBe(0);
    await services.lease("x", 1000).release();
    await expect(services.store.save("k", "x".repeat(9 << 20))).rejects.toThrow(RangeError);
  });
});
