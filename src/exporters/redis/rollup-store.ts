import type { Slices } from "../../time/slices.js";
import type { Command, Connection } from "./connection.js";
import { type Keys, MARKER, MARKER_VALUE } from "./keys.js";
import type { Catalogue } from "./rollup-catalogue.js";
import { failed } from "./rollup-state.js";
import { chunkMs, floorTo, type RollupPlan, rollupField, startsIn } from "./rollup-steps.js";
import { SeriesSum } from "./rollup-sum.js";
import { encodeRollup } from "./rollup-value.js";

/** Fields in one command: Redis is held for about half a millisecond. */
const FIELDS = 256;

/**
 * Writes each field unless the one there weighs more: it was made of more, by another holder of the lease.
 * A hash that is not ours stays as it is.
 * @returns fields that were kept; −1 for somebody else's hash
 */
const STORE = `
local mark = redis.call('HGET', KEYS[1], '_')
if mark ~= ARGV[1] then
  if mark or redis.call('EXISTS', KEYS[1]) == 1 then return -1 end
  redis.call('HSET', KEYS[1], '_', ARGV[1])
end
local kept = 0
for i = 3, #ARGV, 2 do
  local old = redis.call('HGET', KEYS[1], ARGV[i])
  if old and #old >= 8 and struct.unpack('>d', old) > struct.unpack('>d', ARGV[i + 1]) then
    kept = kept + 1
  else
    redis.call('HSET', KEYS[1], ARGV[i], ARGV[i + 1])
  end
end
redis.call('PEXPIREAT', KEYS[1], ARGV[2])
return kept`;

/** What became of writes. */
export interface StoreTally {
  /** Fields that were there already, made of more. */
  kept: number;
  /** Hashes that are somebody else's. */
  refused: number;
  unreadable: number;
}

/** Reads and writes roll-ups, hash by hash. */
export class RollupStore {
  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
    private readonly service: string,
    private readonly catalogue: Catalogue,
    private readonly tally: StoreTally,
  ) {}

  /** Writes one step of a plan. Twice is once. @throws when Redis fails */
  async write(
    plan: RollupPlan,
    stepMs: number,
    startMs: number,
    sums: ReadonlyMap<string, SeriesSum>,
    slices: Slices,
  ): Promise<void> {
    const chunk = floorTo(startMs, chunkMs(stepMs));
    const byCategory = new Map<string, SeriesSum[]>();
    for (const sum of sums.values()) {
      const { category } = sum.series.descriptor;
      const others = byCategory.get(category);
      if (others === undefined) byCategory.set(category, [sum]);
      else others.push(sum);
    }
    for (const [category, all] of byCategory) {
      const key = this.keys.rollup(this.service, category, stepMs, chunk);
      const untilMs = chunk + chunkMs(stepMs) + plan.keepMs(category, stepMs);
      for (let at = 0; at < all.length; at += FIELDS) {
        const fields: (string | Buffer)[] = [];
        for (const sum of all.slice(at, at + FIELDS)) {
          const value = sum.value();
          if (value === undefined) continue;
          fields.push(rollupField(sum.series.id, stepMs, startMs), encodeRollup(value));
          const pause = slices.pause();
          if (pause !== undefined) await pause;
        }
        if (fields.length > 0) await this.#store(key, untilMs, fields);
      }
    }
  }

  /** Adds the finer steps within `[startMs, startMs + stepMs)` up, series by series. @throws when Redis fails */
  async sumOf(
    plan: RollupPlan,
    finerMs: number,
    stepMs: number,
    startMs: number,
    slices: Slices,
  ): Promise<Map<string, SeriesSum>> {
    const endMs = startMs + stepMs;
    const sums = new Map<string, SeriesSum>();
    const byCategory = new Map<string, string[]>();
    for (const id of this.catalogue.metSince(startMs, plan.isOf)) {
      const { category } = this.catalogue.get(id)?.descriptor ?? { category: "" };
      const others = byCategory.get(category);
      if (others === undefined) byCategory.set(category, [id]);
      else others.push(id);
    }
    const span = chunkMs(finerMs);
    for (const chunk of startsIn(floorTo(startMs, span), endMs, span)) {
      const steps = startsIn(Math.max(chunk, startMs), Math.min(chunk + span, endMs), finerMs);
      const idsAtOnce = Math.max(1, Math.floor((FIELDS * 4) / steps.length));
      for (const [category, ids] of byCategory) {
        const key = this.keys.rollup(this.service, category, finerMs, chunk);
        for (let at = 0; at < ids.length; at += idsAtOnce) {
          await this.#add(sums, key, ids.slice(at, at + idsAtOnce), steps, finerMs, slices);
        }
      }
    }
    return sums;
  }

  async #store(key: string, untilMs: number, fields: readonly (string | Buffer)[]): Promise<void> {
    const command: Command = ["EVAL", STORE, 1, key, MARKER_VALUE, untilMs, ...fields];
    const [reply] = await this.connection.batch([command]);
    if (reply instanceof Error && !/\bWRONGTYPE\b/.test(reply.message)) throw reply;
    if (typeof reply === "number" && reply >= 0) this.tally.kept += reply;
    else this.tally.refused++;
  }

  async #add(
    sums: Map<string, SeriesSum>,
    key: string,
    ids: readonly string[],
    steps: readonly number[],
    stepMs: number,
    slices: Slices,
  ): Promise<void> {
    const fields = ids.flatMap((id) => steps.map((start) => rollupField(id, stepMs, start)));
    const [reply] = await this.connection.batch([["HMGET", key, MARKER, ...fields]], {
      binary: true,
    });
    if (reply instanceof Error && /\bWRONGTYPE\b/.test(reply.message)) {
      this.tally.unreadable++;
      return;
    }
    failed([reply]);
    const [mark, ...payloads] = reply as readonly (Buffer | null)[];
    if (mark?.toString("latin1") !== MARKER_VALUE) return;
    for (const [at, payload] of payloads.entries()) {
      if (payload === null) continue;
      const series = this.catalogue.get(ids[Math.floor(at / steps.length)]);
      if (series === undefined) continue;
      let sum = sums.get(series.id);
      if (sum === undefined) {
        sum = new SeriesSum(series, this.catalogue.layouts);
        sums.set(series.id, sum);
      }
      if (!sum.addRollup(payload)) this.tally.unreadable++;
      const pause = slices.pause();
      if (pause !== undefined) await pause;
    }
  }
}
