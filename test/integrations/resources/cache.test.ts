import { describe, expect, it } from "vitest";
import { cache } from "../../../src/integrations/resources/index.js";
import { manualMonitor } from "../../helpers/monitor.js";
import { callbackErrors, countOf, gaugeOf, saturationOf } from "./levels.js";

const SIZE = "auspex.cache.size";
const RATIO = "auspex.cache.hit_ratio";
const HIT = { "auspex.cache.result": "hit", "auspex.cache.name": "users" };
const MISS = { ...HIT, "auspex.cache.result": "miss" };

describe("a cache", () => {
  it("counts hits, misses and evictions, and shows the share of hits", () => {
    const { auspex, clock } = manualMonitor();
    const users = cache(auspex, "users");
    expect(gaugeOf(auspex, RATIO)).toBeUndefined();
    for (let i = 0; i < 3; i++) users.hit();
    users.miss();
    users.evicted();
    users.evicted(4);
    clock.advance(1000);
    expect(countOf(auspex, "auspex.cache.requests", HIT)).toBe(3);
    expect(countOf(auspex, "auspex.cache.requests", MISS)).toBe(1);
    expect(countOf(auspex, "auspex.cache.evictions")).toBe(5);
    expect(gaugeOf(auspex, RATIO)).toBe(0.75);
    expect(gaugeOf(auspex, SIZE)).toBeUndefined();
  });

  it("has a share of the last minute only", () => {
    const { auspex, clock } = manualMonitor();
    const users = cache(auspex, "users");
    users.hit();
    clock.advance(30_000);
    users.miss();
    clock.advance(29_000);
    expect(gaugeOf(auspex, RATIO)).toBe(0.5);
    clock.advance(5000);
    expect(gaugeOf(auspex, RATIO)).toBe(0);
    clock.advance(60_000);
    expect(gaugeOf(auspex, RATIO)).toBeUndefined();
  });

  it("is known by its shape: lru-cache, quick-lru, node-cache, Map", () => {
    const nodeCache = {
      options: { maxKeys: 50 },
      getStats: () => ({ keys: 5, hits: 0, misses: 0 }),
      keys() {},
    };
    const cases: readonly (readonly [object, number, number | undefined, number | undefined])[] = [
      [{ size: 40, max: 100, maxSize: 0, calculatedSize: 0 }, 40, 100, 0.4],
      [{ size: 10, max: 100, maxSize: 1000, calculatedSize: 900 }, 10, 100, 0.9],
      [{ size: 10, max: 0, maxSize: 1000, calculatedSize: 500 }, 10, undefined, 0.5],
      [{ size: 10, max: 0, maxSize: 0, calculatedSize: 0 }, 10, undefined, undefined],
      [{ size: 30, maxSize: 40, get() {} }, 30, 40, 0.75],
      [nodeCache, 5, 50, 0.1],
      [{ ...nodeCache, options: { maxKeys: -1 } }, 5, undefined, undefined],
      [new Map([["a", 1]]), 1, undefined, undefined],
      [{ size: () => 3, max: 4 }, 3, 4, 0.75],
    ];
    for (const [source, size, max, saturation] of cases) {
      const { auspex } = manualMonitor();
      cache(auspex, "users", source);
      expect(gaugeOf(auspex, SIZE)).toBe(size);
      expect(gaugeOf(auspex, "auspex.cache.max")).toBe(max);
      expect(saturationOf(auspex, SIZE)).toBe(saturation);
      expect(callbackErrors(auspex)).toBe(0);
    }
  });

  it("takes a limit and a unit from its options", () => {
    const { auspex } = manualMonitor();
    cache(auspex, "users", new Map([["a", 1]]), { max: 4, unit: "By" });
    expect(saturationOf(auspex, SIZE)).toBe(0.25);
    expect(auspex.snapshot("1m").saturation[0]?.unit).toBe("By");
  });

  it("that counts itself is followed from where it was, through a reset and to another source", () => {
    const { auspex, clock } = manualMonitor();
    const own = { hits: 1000, misses: 500, evictions: 7 };
    cache(auspex, "users", own);
    own.hits = 1030;
    own.misses = 510;
    clock.advance(1000);
    expect(countOf(auspex, "auspex.cache.requests", HIT)).toBe(30);
    expect(gaugeOf(auspex, RATIO)).toBe(0.75);
    own.hits = 5; // flushed, and counting anew
    own.evictions = 9;
    clock.advance(1000);
    expect(countOf(auspex, "auspex.cache.requests", HIT)).toBe(35);
    expect(countOf(auspex, "auspex.cache.evictions")).toBe(2);
    cache(auspex, "users", { hits: 1_000_000, misses: 0 });
    clock.advance(1000);
    expect(countOf(auspex, "auspex.cache.requests", HIT)).toBe(35);
  });

  it("keeps its totals while its statistics fail", () => {
    const { auspex, clock } = manualMonitor();
    const own = { hits: 10 };
    cache(auspex, "users", own);
    own.hits = Number.NaN;
    clock.advance(3000);
    own.hits = 25;
    clock.advance(1000);
    expect(countOf(auspex, "auspex.cache.requests", HIT)).toBe(15);
  });
});
