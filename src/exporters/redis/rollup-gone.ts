import type { Slices } from "../../time/slices.js";
import type { Command } from "./connection.js";
import { type Keys, MARKER_VALUE } from "./keys.js";
import { put } from "./own-hash.js";
import type { ProcessRecord } from "./process-record.js";
import { isLive } from "./rollup-processes.js";
import { fieldsOf, type RawSource, type UnreadableTally } from "./rollup-raw.js";
import { completeField, type RollupState, type RollupStateStore } from "./rollup-state.js";
import { SeriesSum } from "./rollup-sum.js";
import { Totals } from "./rollup-totals.js";
import { encodeRollup, payloadOf } from "./rollup-value.js";
import { PROCESS_TTL_MS } from "./series.js";

/** Those that are gone for this long are folded: before what is known of them expires. */
const FOLD_AFTER_MS = PROCESS_TTL_MS / 2;
/** Most of those that are gone; of more, the oldest are folded earlier. */
const MAX_GONE = 500;
/** Processes that one call deals with. */
const AT_ONCE = 4;
/** How long it is known that somebody was folded: who comes back after that counts twice. */
const MARKED_MS = 7 * 86_400_000;

const FOLDED = "folded|";
const VERSION = "version";
const SINCE = "since";

/** Replaces sums by those with one process more, unless somebody else was faster, or has done it already. */
const FOLD = `
local mark = redis.call('HGET', KEYS[1], '_')
if mark ~= ARGV[1] and (mark or redis.call('EXISTS', KEYS[1]) == 1) then return -1 end
if redis.call('HEXISTS', KEYS[1], ARGV[4]) == 1 then return 1 end
if (redis.call('HGET', KEYS[1], 'version') or '0') ~= ARGV[3] then return 0 end
redis.call('HSET', KEYS[1], '_', ARGV[1], ARGV[4], ARGV[5])
redis.call('HINCRBY', KEYS[1], 'version', 1)
local since = redis.call('HGET', KEYS[1], 'since')
if not since or tonumber(since) > tonumber(ARGV[6]) then
  redis.call('HSET', KEYS[1], 'since', ARGV[6])
end
for i = 7, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1]) end
redis.call('PEXPIRE', KEYS[1], ARGV[2])
return 1`;

/** Hash: series id → roll-up of all that processes long gone had counted, and which those are. */
export function goneKey(keys: Keys, service: string): string {
  return keys.service(service, "gone");
}

/** What those long gone had counted, read. */
export interface Gone {
  /** Their ids, and when they were folded. */
  readonly folded: ReadonlyMap<string, number>;
  /** By series, a payload as roll-ups have it. */
  readonly sums: ReadonlyMap<string, Buffer>;
  /** When the first of them began, epoch ms; Infinity while there is none. */
  readonly sinceMs: number;
  readonly version: string;
}

/** @param fields - of the hash, without its marker */
export function readGone(fields: ReadonlyMap<string, Buffer>): Gone {
  const folded = new Map<string, number>();
  const sums = new Map<string, Buffer>();
  for (const [field, value] of fields) {
    if (field.startsWith(FOLDED)) folded.set(field.slice(FOLDED.length), Number(value));
    else if (field !== VERSION && field !== SINCE) sums.set(field, value);
  }
  const since = fields.get(SINCE);
  const sinceMs = since === undefined ? Number.POSITIVE_INFINITY : Number(since);
  return { folded, sums, sinceMs, version: fields.get(VERSION)?.toString() ?? "0" };
}

export interface GoneOptions {
  readonly source: RawSource;
  readonly stateStore: RollupStateStore;
  readonly state: RollupState;
  readonly processes: readonly ProcessRecord[];
  readonly wallMs: number;
  readonly rawMs: number;
  /** How long sums are kept without a change. */
  readonly ttlMs: number;
  readonly slices: Slices;
  readonly tally: UnreadableTally;
}

/**
 * Keeps what processes have counted when they are gone: totals of a fleet only grow.
 *
 * Of one that ended without a word, what its raw windows hold beyond its totals is added to them before
 * the windows expire. Totals of those long gone are folded into one sum. Two may try both at once, and be
 * stopped anywhere.
 */
export class GoneKeeper {
  constructor(private readonly options: GoneOptions) {}

  /** @throws when Redis fails */
  async keep(): Promise<void> {
    const { processes, wallMs, stateStore, source } = this.options;
    const gone = processes.filter((record) => !isLive(record, wallMs));
    for (const record of gone.filter((each) => this.#isExpiring(each)).slice(0, AT_ONCE)) {
      await this.#complete(record);
      await stateStore.set(completeField(record.id), String(record.seenMs));
    }
    gone.sort((a, b) => b.seenMs - a.seenMs);
    const old = gone.filter(({ seenMs }, at) => at >= MAX_GONE || wallMs - seenMs > FOLD_AFTER_MS);
    for (const record of old.slice(-AT_ONCE)) {
      if (!(await this.#fold(record))) continue;
      const { connection, keys, service } = source;
      await connection.command("HDEL", keys.processes(service), record.id);
      await stateStore.forget(record.id);
    }
  }

  /** Whether it ended without a word, and its raw windows will not last much longer. */
  #isExpiring({ id, seenMs, endedMs }: ProcessRecord): boolean {
    const { state, wallMs, rawMs } = this.options;
    const silentMs = wallMs - seenMs;
    const isKnown = state.fields.get(completeField(id)) === String(seenMs);
    return endedMs === undefined && !isKnown && silentMs > rawMs / 3 && silentMs < rawMs;
  }

  async #complete(record: ProcessRecord): Promise<void> {
    const { connection, keys, service } = this.options.source;
    const totals = await this.#totalsOf(record);
    const sums = new Map<string, SeriesSum>();
    await this.#addBeyond(record, totals, sums);
    const untilMs = record.seenMs + record.windowMs;
    const fields: (string | Buffer)[] = [];
    for (const [id, sum] of sums) {
      const value = sum.value();
      if (value !== undefined) fields.push(...totals.added(id, untilMs, payloadOf(value)));
    }
    if (fields.length === 0) return;
    const key = keys.total(service, record.id);
    await connection.command(...put(key, PROCESS_TTL_MS, fields));
  }

  /** @returns false when somebody else has changed the sums meanwhile */
  async #fold(record: ProcessRecord): Promise<boolean> {
    const { source, ttlMs, wallMs, tally } = this.options;
    const { connection, keys, service } = source;
    const key = goneKey(keys, service);
    const [reply] = await connection.batch([["HGETALL", key]], { binary: true });
    const { sums: known, folded, version } = readGone(fieldsOf(reply, tally));
    const totals = await this.#totalsOf(record);
    const sums = new Map<string, SeriesSum>();
    for (const [id, payload] of totals.payloads) {
      if (!this.#sumOf(id, sums)?.addRaw(record, payload)) tally.unreadable++;
    }
    await this.#addBeyond(record, totals, sums);
    const fields: (string | Buffer)[] = [];
    for (const [id, sum] of sums) {
      const before = known.get(id);
      if (before !== undefined) sum.addRollup(before);
      const value = sum.value();
      if (value !== undefined) fields.push(id, encodeRollup(value));
    }
    const mark = `${FOLDED}${record.id}`;
    const head = [MARKER_VALUE, ttlMs, version, mark, wallMs, record.startMs];
    const isFolded = await connection.command("EVAL", FOLD, 1, key, ...head, ...fields);
    const old = [...folded].filter(([, atMs]) => wallMs - atMs > MARKED_MS);
    if (old.length > 0) {
      await connection.command("HDEL", key, ...old.map(([id]) => `${FOLDED}${id}`));
    }
    return isFolded === 1;
  }

  async #totalsOf({ id }: ProcessRecord): Promise<Totals> {
    const { source, tally, wallMs } = this.options;
    const { connection, keys, service, catalogue } = source;
    const command: Command = ["HGETALL", keys.total(service, id)];
    const [reply] = await connection.batch([command], { binary: true });
    const totals = new Totals(fieldsOf(reply, tally));
    await catalogue.meet(id, [...new Set(totals.payloads.map(([series]) => series))], wallMs);
    return totals;
  }

  async #addBeyond(
    record: ProcessRecord,
    totals: Totals,
    sums: Map<string, SeriesSum>,
  ): Promise<void> {
    const { source, slices, tally, wallMs, rawMs } = this.options;
    const { connection, keys, service, catalogue } = source;
    for (const startMs of totals.windowsBeyond(record, rawMs)) {
      const command: Command = ["HGETALL", keys.raw(service, record.id, startMs)];
      const [reply] = await connection.batch([command], { binary: true });
      const payloads = fieldsOf(reply, tally);
      await catalogue.meet(record.id, [...payloads.keys()], wallMs);
      for (const [id, payload] of payloads) {
        if (!totals.isBeyond(id, startMs)) continue;
        if (this.#sumOf(id, sums)?.addRaw(record, payload) === false) tally.unreadable++;
        const pause = slices.pause();
        if (pause !== undefined) await pause;
      }
    }
  }

  /** Undefined for what has no total: a gauge, and what nobody knows. */
  #sumOf(id: string, sums: Map<string, SeriesSum>): SeriesSum | undefined {
    const { catalogue } = this.options.source;
    const series = catalogue.get(id);
    if (series === undefined || series.kind === "gauge") return undefined;
    let sum = sums.get(id);
    if (sum === undefined) {
      sum = new SeriesSum(series, catalogue.layouts);
      sums.set(id, sum);
    }
    return sum;
  }
}
