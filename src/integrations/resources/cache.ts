import type { Attributes } from "../../attributes/attributes.js";
import { textOf } from "../../attributes/attributes.js";
import type { CounterSeries } from "../../instruments/counter.js";
import type { GaugeSeries } from "../../instruments/gauge.js";
import type { Instrumented, Internals } from "../../instruments/internals.js";
import { type CacheReading, cacheShapes } from "./cache-shapes.js";
import { LastMinute } from "./last-minute.js";
import type { Readings } from "./level.js";
import type { Reading } from "./source.js";
import { ForeignTotal } from "./total.js";
import { show, Watched } from "./watched.js";
import { wire } from "./wire.js";

/** What a cache tells of itself. */
export interface CacheReadings {
  /** Entries, or bytes: the same as `max`. */
  readonly size?: Reading;
  /** Without it there is no saturation. */
  readonly max?: Reading;
  /** Totals, for a cache that counts itself; then leave `hit()`, `miss()` and `evicted()` alone. */
  readonly hits?: Reading;
  readonly misses?: Reading;
  readonly evictions?: Reading;
}

export interface CacheOptions {
  /** Most it may hold, where the source does not tell: a Map's. */
  readonly max?: Reading;
  /** UCUM unit of size. @default "{entry}" */
  readonly unit?: string;
  /** On every series beside the name. */
  readonly attributes?: Attributes;
}

/** A cache as it is watched. Its methods are the hot path, never throw, and do not allocate. */
export interface Cache {
  hit(): void;
  miss(): void;
  /** Entries were thrown out to make room. @param entries - @default 1 */
  evicted(entries?: number): void;
  /** Reads the cache no more. */
  stop(): void;
}

/**
 * Watches a cache: hits, misses, evictions, how full it is, and the share of hits in the last minute.
 *
 * Without a look-up in the last minute there is no share.
 * @param source - an lru-cache, quick-lru, node-cache or Map, or {@link CacheReadings}; undefined: only
 *   what the handle is told
 * @returns the handle: one per name. A later call with another source reads that one instead
 */
export function cache(
  auspex: Instrumented,
  name: string,
  source?: CacheReadings | object,
  options?: CacheOptions,
): Cache {
  return wire(auspex, name, source, {
    name: "cache",
    shapes: cacheShapes,
    readings: ["size", "max", "hits", "misses", "evictions"],
    told: { max: options?.max },
    make: (internals, title) => new CacheWatch(internals, title, options ?? {}),
  });
}

class CacheWatch extends Watched<CacheReading> implements Cache {
  private readonly size: GaugeSeries;
  private readonly max: GaugeSeries;
  private readonly hitRatio: GaugeSeries;
  private readonly hits: CounterSeries;
  private readonly misses: CounterSeries;
  private readonly evictions: CounterSeries;
  private readonly totals: Readonly<Record<"hits" | "misses" | "evictions", ForeignTotal>>;
  private hitsBefore: number;
  private missesBefore: number;
  private readonly minute = new LastMinute();

  constructor(internals: Internals, title: string, { unit, attributes }: CacheOptions) {
    super(internals, attributes, { "auspex.cache.name": title });
    const entry = unit === undefined ? "{entry}" : textOf(unit);
    this.size = this.gauge("auspex.cache.size", entry, "What the cache holds.", { canFill: true });
    this.max = this.gauge("auspex.cache.max", entry, "Most that the cache may hold.");
    this.hitRatio = this.gauge(
      "auspex.cache.hit_ratio",
      "1",
      "Share of look-ups in the last minute that found something.",
    );
    const requests = (result: string) =>
      this.counter("auspex.cache.requests", "{request}", "Look-ups, by what they found.", {
        "auspex.cache.result": result,
      });
    this.hits = requests("hit");
    this.misses = requests("miss");
    this.evictions = this.counter(
      "auspex.cache.evictions",
      "{entry}",
      "Entries thrown out to make room.",
    );
    this.totals = {
      hits: new ForeignTotal(this.hits),
      misses: new ForeignTotal(this.misses),
      evictions: new ForeignTotal(this.evictions),
    };
    this.hitsBefore = this.hits.value;
    this.missesBefore = this.misses.value;
  }

  hit(): void {
    this.hits.add(1);
  }

  miss(): void {
    this.misses.add(1);
  }

  evicted(entries = 1): void {
    this.evictions.add(entries);
  }

  override watch(source: unknown, readings: Readings<CacheReading>): void {
    for (const total of Object.values(this.totals)) total.forget();
    super.watch(source, readings);
  }

  protected show(elapsedMs: number): void {
    const { levels, totals } = this;
    totals.hits.follow(levels.of("hits"));
    totals.misses.follow(levels.of("misses"));
    totals.evictions.follow(levels.of("evictions"));
    const size = levels.of("size");
    const max = levels.of("max");
    const fullness = levels.has("fullness") ? levels.of("fullness") : size / max;
    show(this.size, size, fullness);
    show(this.max, max);
    show(this.hitRatio, this.ratio(elapsedMs));
  }

  private ratio(elapsedMs: number): number {
    const hits = this.hits.value - this.hitsBefore;
    const misses = this.misses.value - this.missesBefore;
    this.hitsBefore = this.hits.value;
    this.missesBefore = this.misses.value;
    if (elapsedMs > 0) this.minute.push(elapsedMs, hits, misses);
    const { first: found, second: missed } = this.minute;
    return found + missed > 0 ? found / (found + missed) : Number.NaN;
  }
}
