import { describe, expect, it } from "vitest";
import { AddressCache, type Lookup } from "../../../src/exporters/statsd/address.js";
import { ManualClock } from "../../helpers/manual-clock.js";

/** A resolver that answers when it is told to. */
class Resolver {
  readonly asked: { answer(addresses: string[]): void; fail(): void }[] = [];

  readonly lookup: Lookup = () =>
    new Promise((resolve, reject) => {
      this.asked.push({
        answer: (addresses) => resolve(addresses.map((address) => ({ address }))),
        fail: () => reject(new Error("ETIMEOUT")),
      });
    });
}

function cacheOf(host = "agent", ttlMs = 60_000) {
  const clock = new ManualClock();
  const resolver = new Resolver();
  return { clock, resolver, cache: new AddressCache(host, ttlMs, clock, resolver.lookup) };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe("the addresses of a host", () => {
  it("are asked for once by whoever waits for the first", async () => {
    const { cache, resolver } = cacheOf();
    const waiting = [cache.resolve(), cache.resolve()];
    resolver.asked[0]?.answer(["10.0.0.1"]);
    expect(await Promise.all(waiting)).toEqual(["10.0.0.1", "10.0.0.1"]);
    expect(resolver.asked).toHaveLength(1);
  });

  it("serve on while they are looked up anew, and one lookup that hangs is not joined by another", async () => {
    const { cache, resolver, clock } = cacheOf();
    const first = cache.resolve();
    resolver.asked[0]?.answer(["10.0.0.1"]);
    await first;
    for (let i = 0; i < 5; i++) {
      clock.advance(60_000);
      expect(await cache.resolve()).toBe("10.0.0.1");
    }
    expect(resolver.asked).toHaveLength(2);

    resolver.asked[1]?.answer(["10.0.0.2"]);
    await turn();
    expect(await cache.resolve()).toBe("10.0.0.2");
    clock.advance(59_999);
    await cache.resolve();
    expect(resolver.asked).toHaveLength(2);
  });

  it("outlive lookups that fail, which are tried once per TTL", async () => {
    const { cache, resolver, clock } = cacheOf();
    const first = cache.resolve();
    resolver.asked[0]?.answer(["10.0.0.1"]);
    await first;
    for (let i = 1; i <= 3; i++) {
      clock.advance(60_000);
      await cache.resolve();
      resolver.asked[i]?.fail();
      await turn();
      expect(await cache.resolve()).toBe("10.0.0.1");
      expect(resolver.asked).toHaveLength(i + 1);
    }
  });

  it("are asked for again after 5 s where none was found, or after a shorter TTL", async () => {
    for (const [ttlMs, againMs] of [
      [60_000, 5000],
      [1000, 1000],
    ] as const) {
      const { cache, resolver, clock } = cacheOf("agent", ttlMs);
      const first = cache.resolve();
      resolver.asked[0]?.fail();
      await expect(first).rejects.toThrow("ETIMEOUT");
      clock.advance(againMs - 1);
      await expect(cache.resolve()).rejects.toThrow("ETIMEOUT");
      expect(resolver.asked).toHaveLength(1);
      clock.advance(1);
      const second = cache.resolve();
      resolver.asked[1]?.answer(["10.0.0.1"]);
      expect(await second).toBe("10.0.0.1");
    }
  });

  it("are taken IPv4 first, one after the other as each is left, and round again", async () => {
    const { cache, resolver } = cacheOf("localhost");
    const first = cache.resolve();
    resolver.asked[0]?.answer(["::1", "127.0.0.1", "nonsense", "127.0.0.1", "127.0.0.2"]);
    expect(await first).toBe("127.0.0.1");
    for (const next of ["127.0.0.2", "::1", "127.0.0.1"]) {
      const used = await cache.resolve();
      cache.leave(used);
      // Late word about the same one.
      cache.leave(used);
      expect(await cache.resolve()).toBe(next);
    }
  });

  it("keep the one in use for as long as the host has it", async () => {
    const { cache, resolver, clock } = cacheOf("agent", 1000);
    const first = cache.resolve();
    resolver.asked[0]?.answer(["10.0.0.1", "10.0.0.2"]);
    cache.leave(await first);
    const news = [
      { now: ["10.0.0.3", "10.0.0.1", "10.0.0.2"], used: "10.0.0.2" },
      { now: ["10.0.0.3"], used: "10.0.0.3" },
    ];
    for (const [at, { now, used }] of news.entries()) {
      clock.advance(1000);
      await cache.resolve();
      resolver.asked[at + 1]?.answer(now);
      await turn();
      expect(await cache.resolve()).toBe(used);
    }
  });

  it("need no lookup where the host is one", async () => {
    for (const host of ["127.0.0.1", "::1"]) {
      const { cache, resolver } = cacheOf(host);
      cache.leave(host);
      expect(await cache.resolve()).toBe(host);
      expect(resolver.asked).toHaveLength(0);
    }
  });
});
