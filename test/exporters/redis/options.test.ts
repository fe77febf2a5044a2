import { Redis } from "ioredis";
import { describe, expect, it } from "vitest";
import { redis, subscribe } from "../../../src/exporters/redis/index.js";
import { resolveRedisOptions } from "../../../src/exporters/redis/options.js";
import { HOSTILE } from "../../helpers/hostile.js";

function faultsOf(make: () => unknown): string {
  try {
    make();
  } catch (error) {
    return error instanceof RangeError ? error.message : `thrown: ${String(error)}`;
  }
  return "none";
}

describe("the options of the Redis exporter", () => {
  it("have defaults for all of them", () => {
    const { maker, ...rest } = resolveRedisOptions();
    expect(maker).toMatchObject({ where: "127.0.0.1:6379", isCluster: false });
    expect(rest).toEqual({
      name: "redis",
      prefix: "auspex",
      windowMs: 10_000,
      timeoutMs: 2000,
      maxBufferedBytes: 8_388_608,
      retention: {
        rawMs: 900_000,
        tiers: [
          { stepMs: 10_000, keepMs: 21_600_000 },
          { stepMs: 60_000, keepMs: 604_800_000 },
          { stepMs: 3_600_000, keepMs: 7_776_000_000 },
        ],
        byCategory: new Map(),
      },
    });
  });

  it("are all at fault at once, each with its mend", () => {
    const text = faultsOf(() =>
      redis({
        name: "a b",
        prefix: "{x}",
        windowMs: 7000,
        timeoutMs: 0,
        maxBufferedBytes: 1,
        retention: { rawMs: 1, tiers: [], byCategory: { tasks: [{ stepMs: 15_000, keepMs: 1 }] } },
        urll: "x",
      } as never),
    );
    expect(text).toMatch(/^redis: 10 options to mend:/);
    for (const part of [
      "name is",
      "prefix is",
      "windowMs is 7000; give a length that divides an hour",
      "timeoutMs is 0",
      "maxBufferedBytes is 1",
      "retention.rawMs is 1",
      "retention.tiers is empty",
      "retention.byCategory.tasks[0]",
      "urll is not an option",
    ]) {
      expect(text).toContain(part);
    }
  });

  it("say where Redis is in one way", () => {
    const client = new Redis({ lazyConnect: true });
    const url = "redis://127.0.0.1:6379";
    expect(faultsOf(() => redis({ url, client }))).toContain("give one");
    expect(faultsOf(() => redis({ client, options: {} }))).toContain("a client has its own");
    expect(faultsOf(() => redis({ url: "http://x" }))).toContain("url is no redis://");
    expect(faultsOf(() => redis({ nodes: [] }))).toContain("nodes is []");
    expect(faultsOf(() => redis({ client: {} as never }))).toContain("client is an object");
    expect(faultsOf(() => redis({ url: "redis://u:hunter2@" }))).not.toContain("hunter2");
    client.disconnect();
  });

  it("are not those of the query of a URL", async () => {
    const url =
      "redis://:p%40ss@127.0.0.1:1/3?family=6&keyPrefix=x&enableOfflineQueue=true&lazyConnect=false";
    const client = (await resolveRedisOptions({ url }).maker.make(100)) as Redis;
    expect(client.options).toMatchObject({
      password: "p@ss",
      db: 3,
      keyPrefix: "",
      enableOfflineQueue: false,
      lazyConnect: true,
      maxRetriesPerRequest: 0,
      commandTimeout: 100,
    });
    expect(Number(client.options.family)).toBe(6);
    client.disconnect();
  });

  it("leave of a client what says where it is, and nothing that queues or waits", async () => {
    const client = new Redis({ lazyConnect: true, port: 7, db: 2, keyPrefix: "x", password: "p" });
    const { maker } = resolveRedisOptions({ client });
    const own = (await maker.make(100)) as Redis;
    expect(own).not.toBe(client);
    expect(own.options).toMatchObject({
      port: 7,
      db: 2,
      password: "p",
      keyPrefix: "",
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
    });
    expect(client.options).toMatchObject({ keyPrefix: "x", enableOfflineQueue: true });
    for (const each of [own, client]) each.disconnect();
  });

  it("take tiers of another length of window, and of a category", () => {
    const { retention } = resolveRedisOptions({
      windowMs: 60_000,
      retention: { byCategory: { tasks: [{ stepMs: 60_000, keepMs: 86_400_000 }] } },
    });
    expect(retention.tiers.map(({ stepMs }) => stepMs)).toEqual([60_000, 3_600_000]);
    expect(retention.byCategory.get("tasks")).toEqual([{ stepMs: 60_000, keepMs: 86_400_000 }]);
  });

  const names = [
    "name",
    "prefix",
    "url",
    "client",
    "nodes",
    "options",
    "retention",
    "windowMs",
    "timeoutMs",
    "maxBufferedBytes",
  ];
  for (const [what, make] of Object.entries(HOSTILE)) {
    it(`throw nothing but what they say: ${what}`, () => {
      for (const name of names) {
        expect(faultsOf(() => redis({ [name]: make() } as never))).not.toMatch(/^thrown/);
      }
      for (const name of ["rawMs", "tiers", "byCategory"]) {
        const retention = { [name]: make() } as never;
        expect(faultsOf(() => redis({ retention }))).not.toMatch(/^thrown/);
      }
      expect(faultsOf(() => redis(make() as never))).not.toMatch(/^thrown/);
      const handlers = { alert: make() } as never;
      const url = "redis://127.0.0.1:1";
      if (typeof make() !== "function") {
        expect(faultsOf(() => subscribe({ url }, handlers).close())).not.toMatch(/^thrown/);
      }
      expect(faultsOf(() => subscribe({ url }, make() as never).close())).not.toMatch(/^thrown/);
    });
  }
});
