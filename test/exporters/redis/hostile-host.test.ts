import { Redis } from "ioredis";
import { afterEach, describe, expect, it } from "vitest";
import {
  type RedisExporter,
  type RedisExporterOptions,
  redis,
} from "../../../src/exporters/redis/index.js";
import { allKeys, RedisServer, until } from "../../helpers/redis.js";
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

function exporterOf(options: RedisExporterOptions): RedisExporter {
  const exporter = redis({ timeoutMs: 200, ...options });
  exporters.push(exporter);
  return exporter;
}

async function flush(exporter: RedisExporter, load: Recording, atMs: number): Promise<string> {
  load.record(0.01, 0.02, 0.03);
  const result = await exporter.export(load.batch(atMs), SIGNAL);
  return result.status === "success" ? "success" : `${result.status} ${result.error.name}`;
}

async function expectExact(server: RedisServer, load: Recording): Promise<void> {
  const read = await readAll(server.client(), load.process);
  expect(read.get(HISTOGRAM)?.count).toBe(load.count);
  expect(read.get(COUNTER)?.count).toBe(load.count);
  await expectTimesToLive(server.client());
}

describe("the Redis exporter", () => {
  const ways: Record<string, object> = {
    "renames every key": { keyPrefix: "theirs:" },
    "does not connect by itself and has no queue": { lazyConnect: true, enableOfflineQueue: false },
    "retries for ever, and pipelines by itself": {
      maxRetriesPerRequest: null,
      enableAutoPipelining: true,
      stringNumbers: true,
      commandTimeout: 1,
    },
    "speaks to another database": { db: 3 },
  };
  for (const [what, options] of Object.entries(ways)) {
    it(`is exact through a host's client that ${what}`, async () => {
      const server = await start();
      const client = new Redis(server.port, "127.0.0.1", { lazyConnect: true, ...options });
      const exporter = exporterOf({ client });
      const load = new Recording();
      for (let i = 0; i < 4; i++) {
        expect(await flush(exporter, load, START + i * 5000)).toBe("success");
      }
      const own = server.client();
      const { db = 0 } = options as { db?: number };
      await own.select(db);
      expect((await allKeys(own)).every((key) => key.startsWith("auspex:1:"))).toBe(true);
      const read = await readAll(own);
      expect(read.get(HISTOGRAM)?.count).toBe(load.count);
      client.disconnect();
    });
  }

  it("is exact after Redis was paused, and after it was asleep", async () => {
    const server = await start({ "enable-debug-command": "yes" });
    const exporter = exporterOf({ url: server.url });
    const load = new Recording();
    const client = server.client();
    let at = START;
    for (const command of [
      ["CLIENT", "PAUSE", "300", "ALL"],
      ["CLIENT", "PAUSE", "300", "WRITE"],
      ["DEBUG", "SLEEP", "0.3"],
    ]) {
      expect(await flush(exporter, load, (at += 5000))).toBe("success");
      const [name = "", ...rest] = command;
      const done = client.call(name, ...rest);
      // `CLIENT PAUSE` answers at once, and holds what comes after.
      if (name === "CLIENT") await done;
      await flush(exporter, load, (at += 5000));
      await done;
      await until(async () => (await flush(exporter, load, (at += 5000))) === "success");
      await expectExact(server, load);
    }
  });

  it("is exact whatever the wall clock does", async () => {
    const server = await start();
    const exporter = exporterOf({ url: server.url });
    const load = new Recording();
    const hour = 3_600_000;
    let at = START;
    for (const stepMs of [5000, 5000, -60_000, 5000, 5000, 400_000, 5000, -600_000, 5000, hour]) {
      at += stepMs;
      expect(await flush(exporter, load, at)).toBe("success");
    }
    // What was dated an hour ago has a second to live; the totals have all of it.
    await exporter.shutdown();
    const read = await readAll(server.client(), load.process, (key) => !key.includes(":raw:"));
    expect(read.get(HISTOGRAM)?.count).toBe(load.count);
  });

  it("keeps two processes of one name, host and pid apart", async () => {
    const server = await start();
    const loads = [new Recording("1-same-a"), new Recording("1-same-b")];
    const both = loads.map(() => exporterOf({ url: server.url }));
    for (let i = 0; i < 6; i++) {
      const results = await Promise.all(
        both.map((exporter, which) => flush(exporter, loads[which] as Recording, START + i * 5000)),
      );
      expect(results).toEqual(["success", "success"]);
    }
    for (const load of loads) await expectExact(server, load);
  });

  it("says which permission is missing, writes what it may, and is exact once it may", async () => {
    const server = await start();
    const client = server.client();
    for (const rights of ["~auspex:1:* +@all -eval", "~other:* +@all", "~auspex:1:* +@read"]) {
      await client.call("ACL", "SETUSER", "some", "reset", "on", ">secret", ...rights.split(" "));
      const load = new Recording(`p${rights.length}`);
      const exporter = exporterOf({ url: server.url.replace("//", "//some:secret@") });
      expect(await flush(exporter, load, START)).toBe("failure NOPERM");
      await client.call("ACL", "SETUSER", "some", "~*", "&*", "+@all");
      expect(await flush(exporter, load, START + 5000)).toBe("success");
      await expectExact(server, load);
    }
  });

  it("is exact when Redis runs out of clients, and when ours is killed", async () => {
    const server = await start();
    const exporter = exporterOf({ url: server.url });
    const load = new Recording();
    const client = server.client();
    let at = START;
    expect(await flush(exporter, load, at)).toBe("success");
    // Over this client: no other would get in.
    await client.config("SET", "maxclients", "1");
    await client.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    const refused = await flush(exporter, load, (at += 5000));
    expect(refused).toMatch(/^retryable /);
    await client.config("SET", "maxclients", "100");
    await until(async () => (await flush(exporter, load, (at += 5000))) === "success");
    await expectExact(server, load);
  });
});
