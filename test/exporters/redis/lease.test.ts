import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { RedisLease } from "../../../src/exporters/redis/lease.js";
import { RedisConnection } from "../../../src/exporters/redis/redis-connection.js";
import { Keys } from "../../../src/exporters/redis/schema.js";
import { clientMaker } from "../../../src/exporters/redis/target.js";
import { RedisCluster, RedisServer, until } from "../../helpers/redis.js";
import { redisForAll } from "../../helpers/redis-for-all.js";

const keys = new Keys("test");

const server = redisForAll();
let connection: RedisConnection;
let key: string;
let nth = 0;

beforeAll(async () => {
  connection = new RedisConnection(clientMaker({ url: server.url }), 30_000);
});

afterAll(async () => {
  connection.close();
});

beforeEach(() => {
  key = keys.lease("shop", `job ${nth++}`);
});

const lease = (owner: string, ttlMs = 60_000) => new RedisLease({ connection, key, owner, ttlMs });

describe("a lease in Redis", () => {
  it("has one holder at a time, whose token stays while it renews", async () => {
    const [one, two] = [lease("one"), lease("two")];
    const token = await one.hold();
    expect(token).toBeGreaterThan(0);
    expect(await two.hold()).toBe(0);
    expect(await one.hold()).toBe(token);
    expect(await two.hold()).toBe(0);
  });

  it("goes to exactly one of fifty that ask at once", async () => {
    const tokens = await Promise.all(Array.from({ length: 50 }, (_, i) => lease(`${i}`).hold()));
    expect(tokens.filter((token) => token > 0)).toHaveLength(1);
  });

  it("passes on when it is released, with a larger token", async () => {
    const [one, two] = [lease("one"), lease("two")];
    const first = await one.hold();
    await one.release();
    const second = await two.hold();
    expect(second).toBeGreaterThan(first);
    // Who lost it cannot give it back.
    await one.release();
    expect(await one.hold()).toBe(0);
    await two.release();
    expect(await one.hold()).toBeGreaterThan(second);
  });

  it("passes on when its holder falls silent, who then finds out", async () => {
    const [one, two] = [lease("one", 50), lease("two", 60_000)];
    const first = await one.hold();
    let second = 0;
    await until(async () => {
      second = await two.hold();
      return second > 0;
    });
    expect(second).toBeGreaterThan(first);
    expect(await one.hold()).toBe(0);
  });

  it("has growing tokens even after Redis has lost everything", async () => {
    const first = await lease("one").hold();
    await connection.command("DEL", key);
    expect(await lease("two").hold()).toBeGreaterThanOrEqual(first);
    expect(Number(await connection.command("PTTL", key))).toBeGreaterThan(0);
  });

  it("is nobody's while the key is somebody else's, and leaves it alone", async () => {
    const client = server.client();
    await client.set(key, "theirs");
    expect(await lease("one").hold()).toBe(0);
    await lease("one").release();
    expect(await client.get(key)).toBe("theirs");
    await client.del(key);
    await client.hset(key, "owner", "theirs");
    expect(await lease("one").hold()).toBe(0);
    expect(await client.hgetall(key)).toEqual({ owner: "theirs" });
  });

  it("is nobody's while Redis is away", async () => {
    const away = await RedisServer.reserved();
    const lost = new RedisConnection(clientMaker({ url: away.url }), 500);
    const held = new RedisLease({ connection: lost, key, owner: "one", ttlMs: 1000 });
    expect(await held.hold()).toBe(0);
    await held.release();
    await away.boot();
    await until(async () => (await held.hold()) > 0);
    away.freeze();
    expect(await held.hold()).toBe(0);
    lost.close();
    await away.stop();
  });

  it("works in a Cluster", async () => {
    const cluster = await RedisCluster.start();
    const { host, port } = cluster.seeds[0];
    const own = new RedisConnection(clientMaker({ nodes: [`redis://${host}:${port}`] }), 30_000);
    const [one, two] = ["one", "two"].map((owner) => {
      return new RedisLease({ connection: own, key, owner, ttlMs: 60_000 });
    });
    expect(await one.hold()).toBeGreaterThan(0);
    expect(await two.hold()).toBe(0);
    own.close();
    await cluster.stop();
  });
});
