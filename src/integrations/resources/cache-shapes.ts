import { UNLIMITED } from "./level.js";
import { ask, at, has, limit, type Shape } from "./source.js";

export type CacheReading = "size" | "max" | "hits" | "misses" | "evictions" | "fullness";

/** lru-cache: a limit of entries, one of their sizes, or both. */
const lruCache: Shape<CacheReading> = {
  fits: (cache) => has(cache, "number", "size", "max", "calculatedSize"),
  readings: (cache) => ({
    size: () => cache.size,
    max: () => limit(at(cache, "max")),
    fullness: () => {
      const ofEntries = share(at(cache, "size"), at(cache, "max"));
      return Math.max(ofEntries, share(at(cache, "calculatedSize"), at(cache, "maxSize")));
    },
  }),
};

/** quick-lru and its like. */
const quickLru: Shape<CacheReading> = {
  fits: (cache) => has(cache, "number", "size", "maxSize"),
  readings: (cache) => ({ size: () => cache.size, max: () => limit(at(cache, "maxSize")) }),
};

/** node-cache, which counts its hits and misses itself. */
const nodeCache: Shape<CacheReading> = {
  fits: (cache) => has(cache, "function", "getStats", "keys"),
  readings: (cache) => ({
    size: () => at(ask(cache, "getStats"), "keys"),
    max: () => limit(at(cache, "options", "maxKeys")),
    hits: () => at(ask(cache, "getStats"), "hits"),
    misses: () => at(ask(cache, "getStats"), "misses"),
  }),
};

/** A Map has no limit. */
const map: Shape<CacheReading> = {
  fits: (cache) => cache instanceof Map,
  readings: (cache) => ({ size: () => cache.size }),
};

/** Of a limit there is: 0…1, else {@link UNLIMITED}. */
function share(part: number, whole: number): number {
  return limit(whole) === UNLIMITED ? UNLIMITED : part / whole;
}

export const cacheShapes: readonly Shape<CacheReading>[] = [lruCache, quickLru, nodeCache, map];
