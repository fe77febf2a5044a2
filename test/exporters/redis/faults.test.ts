import { afterEach, describe, expect, it } from "vitest";
import { faultOf } from "../../../src/exporters/redis/fault.js";
import {
  type RedisExporter,
  type RedisExporterOptions,
  redis,
} from "../../../src/exporters/redis/index.js";
import { Keys, parseProcess } from "../../../src/exporters/redis/schema.js";
import type { MetricData } from "../../../src/snapshot/batch.js";
import { numberMetric } from "../../../src/testing/index.js";
import { keptAlive } from "../../../src/testing/watch.js";
import { allKeys, RedisServer, until } from "../../helpers/redis.js";
import { BadNetwork } from "./bad-network.js";
import {
  COUNTER,
  expectTimesToLive,
  HISTOGRAM,
  Recording,
  readAll,
  SIGNAL,
  START,
} from "./harness.js";

const opened: { stop(): Promise<void> }[] = [];
const exporters: RedisExporter[] = [];

afterEach(async () => {
  await Promise.all(exporters.splice(0).map((each) => each.shutdown()));
  await Promise.all(opened.splice(0).map((each) => each.stop()));
});

async function start(config: Record<string, string> = {}): Promise<RedisServer> {
  const server = await RedisServer.start(config);
  opened.push(server);
  return server;
}

function exporterTo(url: string, more: RedisExporterOptions = {}): RedisExporter {
  const exporter = redis({ url, timeoutMs: 30_000, ...more });
  exporters.push(exporter);
  return exporter;
}

/** A process that records 10 values every 5 s, and flushes. */
class Load extends Recording {
  #at = START;
  #next = 0;

  /** @returns the status and the reason of each flush */
  async flush(exporter: RedisExporter, times = 1, signalOf = () => SIGNAL): Promise<string[]> {
    const results: string[] = [];
    for (let i = 0; i < times; i++) {
      this.record(...Array.from({ length: 10 }, () => (1 + (this.#next++ % 100)) / 1000));
      this.#at += 5000;
      const result = await exporter.export(this.batch(this.#at), signalOf());
      results.push(
        result.status === "success" ? "success" : `${result.status} ${result.error.name}`,
      );
    }
    return results;
  }

  /** Until one succeeds: a client that was cut off waits a little before it connects again. */
  async recover(exporter: RedisExporter): Promise<void> {
    await until(async () => (await this.flush(exporter)).includes("success"));
  }

  async expectExact(server: RedisServer): Promise<void> {
    const read = await readAll(server.client());
    expect(read.get(HISTOGRAM)?.count).toBe(this.count);
    expect(read.get(HISTOGRAM)?.histogram?.sum).toBeCloseTo(
      this.values.reduce((sum, value) => sum + value, 0),
      1,
    );
    expect(read.get(COUNTER)?.count).toBe(this.count);
    await expectTimesToLive(server.client());
  }
}

describe("the Redis exporter, when Redis fails", () => {
  it("boots without it, and is exact once it is there", async () => {
    const server = await RedisServer.reserved();
    opened.push(server);
    const exporter = exporterTo(server.url);
    const load = new Load();
    const failed = await load.flush(exporter, 3);
    expect(new Set(failed)).toEqual(new Set(["retryable ECONNREFUSED"]));
    await server.boot();
    await load.recover(exporter);
    await load.flush(exporter, 10);
    await load.expectExact(server);
  });

  it("is exact after it was killed and came back empty", async () => {
    const server = await start();
    const exporter = exporterTo(server.url);
    const load = new Load();
    await load.flush(exporter, 20);
    await server.kill();
    for (const result of await load.flush(exporter, 5)) expect(result).toMatch(/^retryable /);
    await server.boot();
    await load.recover(exporter);
    await load.expectExact(server);
    await load.flush(exporter, 20);
    await load.expectExact(server);
  });

  it("is exact with the flush that follows a FLUSHALL", async () => {
    const server = await start();
    const exporter = exporterTo(server.url);
    const load = new Load();
    await load.flush(exporter, 20);
    for (let i = 0; i < 10; i++) {
      await server.flush();
      expect(await load.flush(exporter)).toEqual(["success"]);
      await load.expectExact(server);
      expect((await allKeys(server.client())).length).toBeGreaterThan(4);
    }
    expect(exporter.tally.lost).toBe(10);
  });

  it("is exact after a FLUSHALL of which the reply that would have told was lost", async () => {
    // At any of the flushes between two totals: each asks for other keys.
    for (let before = 12; before < 19; before++) {
      const server = await start();
      const network = await BadNetwork.start(server.port);
      opened.push(network);
      const exporter = exporterTo(network.url, { timeoutMs: 50 });
      const load = new Load();
      await load.flush(exporter, before);
      await server.flush();
      network.mode = "lose replies";
      await load.flush(exporter);
      network.mode = "pass";
      await load.recover(exporter);
      await load.expectExact(server);
    }
  });

  it("is exact within two intervals after any one of its keys was evicted", async () => {
    const server = await start();
    const exporter = exporterTo(server.url);
    const load = new Load();
    await load.flush(exporter, 20);
    const client = server.client();
    const keys = new Keys("auspex");
    for (const key of [
      keys.series("conformance", "1-a-b"),
      keys.total("conformance", "1-a-b"),
      keys.processes("conformance"),
    ]) {
      await client.del(key);
      await load.flush(exporter, 2);
      await load.expectExact(server);
      expect(await client.exists(key)).toBe(1);
    }
  });

  it("counts nothing twice when replies are lost", async () => {
    const server = await start();
    const proxy = await BadNetwork.start(server.port);
    opened.push(proxy);
    const exporter = exporterTo(proxy.url, { timeoutMs: 50 });
    const load = new Load();
    for (let i = 0; i < 8; i++) {
      proxy.mode = i % 2 === 0 ? "lose replies" : "pass";
      await load.flush(exporter, 2);
    }
    proxy.mode = "pass";
    await load.recover(exporter);
    await load.expectExact(server);
    await load.flush(exporter, 20);
    await load.expectExact(server);
  });

  it("counts nothing twice when connections are cut", async () => {
    const server = await start();
    const proxy = await BadNetwork.start(server.port);
    opened.push(proxy);
    const exporter = exporterTo(proxy.url);
    const load = new Load();
    for (let i = 0; i < 30; i++) {
      const flushed = load.flush(exporter);
      if (i % 3 === 0) setImmediate(() => proxy.cut());
      await flushed;
    }
    await load.recover(exporter);
    await load.expectExact(server);
  });

  it("keeps no more than one flush and the windows when Redis is frozen, and is exact afterwards", async () => {
    const server = await start();
    const exporter = exporterTo(server.url, { timeoutMs: 50, maxBufferedBytes: 1 << 16 });
    const load = new Load();
    await load.flush(exporter, 4);
    server.freeze();
    const results = await load.flush(exporter, 20);
    // Whoever asks first finds out; what else was under way on that connection ends with it.
    for (const result of results) expect(result).toMatch(/^retryable (?:timeout|closed)$/);
    server.thaw();
    await load.recover(exporter);
    await load.expectExact(server);
  });

  it("folds windows together when they take more bytes than they may, and loses nothing", async () => {
    const server = await RedisServer.reserved();
    opened.push(server);
    const exporter = exporterTo(server.url, { maxBufferedBytes: 1 << 16, timeoutMs: 50 });
    const recording = new Recording();
    const points = Array.from({ length: 100 }, (_, i) => ({ attributes: { i } }));
    for (let at = 0; at < 40; at++) {
      recording.record(0.1);
      const metric: MetricData = {
        ...numberMetric("many", "counter", 0),
        points: points.map((point) => ({ ...point, value: at + 1 })),
      };
      await exporter.export(recording.batch(START + at * 10_000, [metric]), SIGNAL);
    }
    expect(exporter.tally.folded).toBeGreaterThan(20);
    await server.boot();
    await until(async () => {
      const result = await exporter.export(recording.batch(START + 400_000), SIGNAL);
      return result.status === "success";
    });
    const read = await readAll(server.client());
    expect(read.get(HISTOGRAM)?.count).toBe(40);
    for (const { attributes } of points) {
      expect(read.get(`many${JSON.stringify(attributes)}`)?.count).toBe(40);
    }
  });

  it("shuts down at once while Redis is frozen, and leaves nothing behind", async () => {
    const server = await start();
    const exporter = exporterTo(server.url, { timeoutMs: 60_000 });
    const load = new Load();
    const before = keptAlive();
    await load.flush(exporter);
    server.freeze();
    const abort = new AbortController();
    const sent = exporter.export(load.batch(START + 60_000), abort.signal);
    abort.abort();
    expect(await sent).toMatchObject({ status: "retryable", error: { name: "timeout" } });
    await exporter.shutdown();
    await until(() => keptAlive() <= before);
  });

  it("says that it has no memory, and is exact once it has", async () => {
    const server = await start();
    const exporter = exporterTo(server.url);
    const load = new Load();
    await load.flush(exporter, 2);
    await server.set("maxmemory", "1");
    const results = await load.flush(exporter, 4);
    expect(new Set(results)).toEqual(new Set(["retryable OOM"]));
    await server.set("maxmemory", "0");
    expect(await load.flush(exporter)).toEqual(["success"]);
    await load.expectExact(server);
  });

  it("says that it is read-only, and is exact once it is not", async () => {
    const server = await start();
    const exporter = exporterTo(server.url);
    const load = new Load();
    await load.flush(exporter, 2);
    const client = server.client();
    await client.call("REPLICAOF", "127.0.0.1", "1");
    expect(new Set(await load.flush(exporter, 4))).toEqual(new Set(["retryable READONLY"]));
    await client.call("REPLICAOF", "NO", "ONE");
    expect(await load.flush(exporter)).toEqual(["success"]);
    await load.expectExact(server);
  });

  it("does not retry what only a person can mend: a password, a permission", async () => {
    const server = await start({ requirepass: "secret" });
    const load = new Load();
    const [refused] = await load.flush(exporterTo(server.url));
    expect(refused).toBe("failure NOAUTH");
    const [wrong] = await load.flush(exporterTo(server.url.replace("//", "//:wrong@")));
    expect(wrong).toBe("failure WRONGPASS");
    const right = exporterTo(server.url.replace("//", "//:secret@"));
    await load.flush(right, 2);
    expect(right.tally.lost).toBe(0);
  });

  it("needs no more permissions than the documentation says", async () => {
    const server = await start();
    const client = server.client();
    const rights = "~auspex:1:* &events:* +@read +@write +@scripting +@connection +publish +time";
    await client.call("ACL", "SETUSER", "auspex", "on", ">secret", ...rights.split(" "));
    const exporter = exporterTo(server.url.replace("//", "//auspex:secret@"));
    const load = new Load();
    expect(await load.flush(exporter, 3)).toEqual(["success", "success", "success"]);
    await load.expectExact(server);
    await exporter.services.store.save("k", "v");
    expect(await exporter.services.store.load("k")).toBe("v");
    expect(await exporter.services.lease("x", 1000).hold()).toBeGreaterThan(0);
    exporter.services.publish("events:dashboard:update", "{}");
    await exporter.forceFlush();
    expect(exporter.tally).toMatchObject({ undelivered: 1, dropped: 0 });
  });

  it("never tells a password", async () => {
    const exporter = exporterTo("redis://user:hunter2@127.0.0.1:1");
    const result = await exporter.export(new Recording().batch(START), SIGNAL);
    expect(JSON.stringify({ ...result })).not.toContain("hunter2");
    expect(result.status === "retryable" && result.error.message).not.toContain("hunter2");
  });

  it("tells which windows it wrote late, so that roll-ups are made anew", async () => {
    const server = await start();
    const proxy = await BadNetwork.start(server.port);
    opened.push(proxy);
    const exporter = exporterTo(proxy.url);
    const load = new Load();
    const record = async () => {
      const text = await server.client().hget(new Keys("auspex").processes("conformance"), "1-a-b");
      return parseProcess(String(text));
    };
    await load.flush(exporter, 4);
    expect((await record())?.lateMs).toBeUndefined();
    proxy.mode = "lose requests";
    await load.flush(exporter, 12, () => AbortSignal.timeout(100));
    proxy.mode = "pass";
    await load.recover(exporter);
    // The first flush that was lost was of 20 … 25 s; the window before is written again with it.
    const told = await record();
    expect(told?.lateMs).toBe(START + 10_000);
    expect(told?.lateAtMs).toBe(told?.seenMs);
    await load.expectExact(server);
    await load.flush(exporter, 2);
    expect((await record())?.lateAtMs).toBe(told?.lateAtMs);
  });
});

describe("a fault of Redis", () => {
  const reasonOf = (text: string) => {
    const { name, isRetryable } = faultOf(new Error(text), "redis:6379");
    return `${isRetryable ? "retryable" : "final"} ${name}`;
  };

  it("is told by the code of its reply, also from within a script", () => {
    expect(reasonOf("LOADING Redis is loading the dataset in memory")).toBe("retryable LOADING");
    expect(reasonOf("CLUSTERDOWN Hash slot not served")).toBe("retryable CLUSTERDOWN");
    expect(reasonOf("NOPERM this user has no permissions")).toBe("final NOPERM");
    expect(reasonOf("ERR unknown command 'EVAL'")).toBe("final ERR");
    const inScript = "ERR Error running script: @user_script:9: -OOM command not allowed";
    expect(reasonOf(inScript)).toBe("retryable OOM");
    expect(reasonOf("Command timed out")).toBe("retryable timeout");
    expect(reasonOf("Connection is closed.")).toBe("retryable closed");
    expect(faultOf("nonsense", "x").name).toBe("_OTHER");
  });

  it("does not repeat the arguments of a command", () => {
    const text = "ERR unknown command 'X', with args beginning with: 'secret'";
    expect(faultOf(new Error(text), "x").message).not.toContain("secret");
  });
});
