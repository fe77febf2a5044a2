import type { Command } from "../../exporters/redis/connection.js";
import { type KnownSeries, Layouts } from "../../exporters/redis/rollup-series.js";
import {
  type Keys,
  MARKER,
  type ProcessRecord,
  parseDescriptor,
} from "../../exporters/redis/schema.js";
import type { Asking } from "./ask.js";
import { ownFields, ownValues } from "./ask.js";

const DAY_MS = 86_400_000;
/** After this, what roll-ups hold is read anew as a whole: a series may have been met again. */
const REREAD_MS = 600_000;
/** Most series of a service that are remembered; of more, the later ones are not seen. */
const MAX_SERIES = 100_000;

interface Entry {
  readonly series: KnownSeries;
  /** Newest day, counted from 1970, that a roll-up was known to have it in; Infinity: not rolled up yet. */
  day: number;
}

/**
 * What the series of one service are. An id says all that a series is, so what was read once stays true,
 * and a look whether there are more costs a number for each process.
 */
export class SeriesBook {
  readonly layouts = new Layouts();
  readonly #entries = new Map<string, Entry>();
  /** How many fields a hash of descriptors had, by key. */
  #sizes = new Map<string, number>();
  #readAt = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly asking: Asking,
    private readonly keys: Keys,
    private readonly service: string,
  ) {}

  /** Learns of series that are new. @throws when Redis fails */
  async sync(processes: readonly ProcessRecord[], nowMs: number): Promise<void> {
    const rollups = this.keys.rollupSeries(this.service);
    const own = processes.map(({ id }) => this.keys.series(this.service, id));
    if (Math.abs(nowMs - this.#readAt) > REREAD_MS) {
      const [reply] = await this.asking.all([["HGETALL", rollups]]);
      for (const [id, text] of ownFields<string>(reply)) this.#add(id, text, true);
      this.#readAt = nowMs;
    }
    const keys = [rollups, ...own];
    const replies = await this.asking.all(keys.map((key): Command => ["HLEN", key]));
    const sizes = new Map(keys.map((key, at) => [key, Number(replies[at])]));
    const changed = keys.filter((key) => sizes.get(key) !== this.#sizes.get(key));
    const names = await this.asking.all(changed.map((key): Command => ["HKEYS", key]));
    const commands: Command[] = [];
    const asked = new Set<string>();
    for (const [at, key] of changed.entries()) {
      const ids = (Array.isArray(names[at]) ? names[at] : []) as readonly string[];
      const unknown = ids.filter((id) => {
        return id !== MARKER && !asked.has(id) && !this.#entries.has(id);
      });
      for (const id of unknown) asked.add(id);
      if (unknown.length > 0) commands.push(["HMGET", key, MARKER, ...unknown]);
    }
    const texts = await this.asking.all(commands);
    for (const [at, [, key, , ...ids]] of commands.entries()) {
      for (const [i, text] of ownValues<string>(texts[at]).entries()) {
        if (text !== null) this.#add(String(ids[i]), text, key === rollups);
      }
    }
    this.#sizes = sizes;
  }

  get(id: string): KnownSeries | undefined {
    return this.#entries.get(id)?.series;
  }

  /** Series that fit, and that may have values since an instant. */
  *since(sinceMs: number, fits: (series: KnownSeries) => boolean): Generator<KnownSeries> {
    // A day to spare: the day of a series is as it was when it was read.
    const day = Math.floor(sinceMs / DAY_MS) - 1;
    for (const entry of this.#entries.values()) {
      if (entry.day >= day && fits(entry.series)) yield entry.series;
    }
  }

  #add(id: string, text: string, isRolledUp: boolean): void {
    const descriptor = parseDescriptor(text);
    if (descriptor === undefined) return;
    const { day } = descriptor as { day?: unknown };
    const met = isRolledUp && typeof day === "number" ? day : Number.POSITIVE_INFINITY;
    const known = this.#entries.get(id);
    if (known !== undefined) {
      known.day = met;
      return;
    }
    const series = this.layouts.series(id, descriptor);
    if (series !== undefined && this.#entries.size < MAX_SERIES) {
      this.#entries.set(id, { series, day: met });
    }
  }
}
