import type { Connection } from "./connection.js";
import { type Keys, MARKER, MARKER_VALUE } from "./keys.js";
import { put } from "./own-hash.js";
import { type ResolvedRetention, tiersOf } from "./retention.js";
import { type KnownSeries, Layouts } from "./rollup-series.js";
import { longestKept } from "./rollup-steps.js";
import { parseDescriptor, type SeriesDescriptor } from "./series.js";

const DAY_MS = 86_400_000;

/** Most series of one service that are rolled up; later ones are turned away, and counted. */
const MAX_SERIES = 50_000;

interface Entry {
  readonly series: KnownSeries;
  /** Newest day, counted from 1970, that a roll-up has it in. */
  day: number;
}

/**
 * The series that the roll-ups of one service hold: `{service}:series`, where each descriptor carries the
 * newest `day` it was met on, so that those that no roll-up holds any more can be told and removed.
 */
export class Catalogue {
  readonly layouts = new Layouts();
  /** Series beyond the most that are kept, or without a descriptor that can be read. */
  turnedAway = 0;
  readonly #entries = new Map<string, Entry>();
  readonly #key: string;
  /** Fields that Redis should have; −1 before they were read. */
  #fields = -1;
  #prunedOn = 0;

  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
    private readonly service: string,
    private readonly retention: ResolvedRetention,
  ) {
    this.#key = keys.rollupSeries(service);
  }

  /** Reads anew what Redis knows when others have changed it, or it has lost it. Daily: removes the old. */
  async sync(nowMs: number): Promise<void> {
    if ((await this.connection.command("HLEN", this.#key)) !== this.#fields) await this.#load();
    const today = Math.floor(nowMs / DAY_MS);
    if (this.#prunedOn === today) return;
    await this.#prune(today);
    this.#prunedOn = today;
  }

  get(id: string): KnownSeries | undefined {
    return this.#entries.get(id)?.series;
  }

  /** Ids, of categories that fit, of all series met on the days of a step or since. */
  *metSince(startMs: number, fits: (category: string) => boolean): Generator<string> {
    const day = Math.floor(startMs / DAY_MS);
    for (const [id, { series, day: met }] of this.#entries) {
      if (met >= day && fits(series.descriptor.category)) yield id;
    }
  }

  /** Learns from the process that has them what unknown series are, and writes them down. */
  async meet(process: string, ids: readonly string[], startMs: number): Promise<void> {
    const day = Math.floor(startMs / DAY_MS);
    const unknown = ids.filter((id) => !this.#entries.has(id));
    const stale = ids.filter((id) => (this.#entries.get(id)?.day ?? day) < day);
    if (unknown.length === 0 && stale.length === 0) return;
    const learnt = await this.#ask(process, unknown, day);
    await this.#write([...learnt, ...stale], day);
    for (const id of stale) (this.#entries.get(id) as Entry).day = day;
  }

  async #ask(process: string, ids: readonly string[], day: number): Promise<readonly string[]> {
    if (ids.length === 0) return [];
    const key = this.keys.series(this.service, process);
    const reply = await this.connection.command("HMGET", key, ...ids);
    const texts = Array.isArray(reply) ? reply : [];
    return ids.filter((id, at) => {
      const isAdded = this.#add(id, texts[at], day);
      if (!isAdded) this.turnedAway++;
      return isAdded;
    });
  }

  #add(id: string, text: unknown, day?: number): boolean {
    if (this.#entries.size >= MAX_SERIES || typeof text !== "string") return false;
    const descriptor: (SeriesDescriptor & { day?: unknown }) | undefined = parseDescriptor(text);
    const series = descriptor && this.layouts.series(id, descriptor);
    if (series === undefined) return false;
    const met = typeof descriptor?.day === "number" ? descriptor.day : 0;
    this.#entries.set(id, { series, day: day ?? met });
    return true;
  }

  async #write(ids: readonly string[], day: number): Promise<void> {
    if (ids.length === 0) return;
    const fields = ids.flatMap((id) => {
      const descriptor = this.#entries.get(id)?.series.descriptor;
      return [id, JSON.stringify({ ...descriptor, day })];
    });
    const before = this.#fields;
    // Unless all is well, what Redis has is read anew.
    this.#fields = -1;
    const ttlMs = longestKept(this.retention) + DAY_MS;
    const added = Number(await this.connection.command(...put(this.#key, ttlMs, fields)));
    if (added >= 0) this.#fields = before + added;
  }

  async #load(): Promise<void> {
    this.#entries.clear();
    this.#fields = -1;
    const reply = await this.connection.command("HGETALL", this.#key);
    const pairs: readonly unknown[] = Array.isArray(reply) ? reply : [];
    let isOurs = pairs.length === 0;
    for (let at = 0; at + 1 < pairs.length; at += 2) {
      if (pairs[at] === MARKER) isOurs = pairs[at + 1] === MARKER_VALUE;
      else this.#add(String(pairs[at]), pairs[at + 1]);
    }
    if (!isOurs) throw new Error("WRONGTYPE the key of the roll-ups' series holds something else");
    this.#fields = pairs.length / 2;
  }

  async #prune(today: number): Promise<void> {
    const old = [...this.#entries].filter(([, { series, day }]) => {
      const tiers = tiersOf(this.retention, series.descriptor.category);
      const keepMs = Math.max(...tiers.map((tier) => tier.keepMs));
      return (day + 1) * DAY_MS + keepMs < today * DAY_MS;
    });
    if (old.length === 0) return;
    const ids = old.map(([id]) => id);
    this.#fields -= Number(await this.connection.command("HDEL", this.#key, ...ids));
    for (const id of ids) this.#entries.delete(id);
  }
}
