import type { Command } from "../../exporters/redis/connection.js";
import { windowsOf } from "../../exporters/redis/rollup-raw.js";
import type { KnownSeries } from "../../exporters/redis/rollup-series.js";
import { chunkMs, floorTo, rollupField } from "../../exporters/redis/rollup-steps.js";
import { SeriesSum } from "../../exporters/redis/rollup-sum.js";
import {
  type Keys,
  MARKER,
  type ProcessRecord,
  type RetentionTier,
  tiersOf,
} from "../../exporters/redis/schema.js";
import type { Slices } from "../../time/slices.js";
import { type Asking, ownFields, ownValues } from "./ask.js";
import { type Tiling, tilingOf } from "./tiles.js";
import type { ServiceView } from "./view.js";

/** Fields of one command. */
const FIELDS = 1000;
/** Of more series than this, a raw window is read as a whole. */
const SELECTED = 32;

/** A stretch of time, and what the fleet did in it: by series. */
export class Bin {
  readonly sums = new Map<string, SeriesSum>();
  /** Where its values begin: later than it, where nothing older is kept. */
  beginsMs: number;

  constructor(
    readonly fromMs: number,
    readonly toMs: number,
  ) {
    this.beginsMs = toMs;
  }

  sumOf(series: KnownSeries, view: ServiceView): SeriesSum {
    let sum = this.sums.get(series.id);
    if (sum === undefined) {
      sum = new SeriesSum(series, view.book.layouts);
      this.sums.set(series.id, sum);
    }
    return sum;
  }
}

export interface Reading {
  readonly asking: Asking;
  readonly keys: Keys;
  readonly slices: Slices;
}

/** Fills bins, oldest first, from roll-ups and raw windows. @throws when Redis fails */
export async function fill(
  bins: readonly Bin[],
  view: ServiceView,
  series: readonly KnownSeries[],
  reading: Reading,
): Promise<void> {
  for (const alike of byTiers(view, series)) {
    const { category } = alike[0].descriptor;
    const tilings = bins.map((bin) => {
      const tiling = tilingOf(view, category, bin.fromMs, bin.toMs);
      bin.beginsMs = Math.min(bin.beginsMs, tiling.fromMs);
      return { bin, tiling };
    });
    await addRollups(tilings, view, alike, reading);
    await addRaw(tilings, view, alike, reading);
  }
}

interface Tiled {
  readonly bin: Bin;
  readonly tiling: Tiling;
}

/** Series whose roll-ups have the same steps can be read the same way. */
function byTiers(view: ServiceView, series: readonly KnownSeries[]): Iterable<KnownSeries[]> {
  const groups = new Map<readonly RetentionTier[], KnownSeries[]>();
  for (const each of series) put(groups, tiersOf(view.retention, each.descriptor.category), each);
  return groups.values();
}

async function addRollups(
  tilings: readonly Tiled[],
  view: ServiceView,
  series: readonly KnownSeries[],
  { asking, keys, slices }: Reading,
): Promise<void> {
  const byCategory = new Map<string, KnownSeries[]>();
  for (const each of series) put(byCategory, each.descriptor.category, each);
  const chunks = new Map<string, { stepMs: number; chunk: number; at: [number, Bin][] }>();
  for (const { bin, tiling } of tilings) {
    for (const { stepMs, startMs } of tiling.tiles) {
      const chunk = floorTo(startMs, chunkMs(stepMs));
      const key = `${stepMs} ${chunk}`;
      const known = chunks.get(key) ?? { stepMs, chunk, at: [] };
      known.at.push([startMs, bin]);
      chunks.set(key, known);
    }
  }
  const commands: Command[] = [];
  const asked: { series: readonly KnownSeries[]; at: readonly [number, Bin][] }[] = [];
  for (const { stepMs, chunk, at } of chunks.values()) {
    const atOnce = Math.max(1, Math.floor(FIELDS / at.length));
    for (const [category, all] of byCategory) {
      const key = keys.rollup(view.service, category, stepMs, chunk);
      for (let i = 0; i < all.length; i += atOnce) {
        const some = all.slice(i, i + atOnce);
        const fields = some.flatMap(({ id }) => {
          return at.map(([startMs]) => rollupField(id, stepMs, startMs));
        });
        commands.push(["HMGET", key, MARKER, ...fields]);
        asked.push({ series: some, at });
      }
    }
  }
  let i = 0;
  for await (const reply of asking.payloads(commands)) {
    const { series: some, at } = asked[i++];
    for (const [field, payload] of ownValues<Buffer>(reply).entries()) {
      if (payload === null) continue;
      const [, bin] = at[field % at.length];
      bin.sumOf(some[Math.floor(field / at.length)], view).addRollup(payload);
      const pause = slices.pause();
      if (pause !== undefined) await pause;
    }
  }
}

async function addRaw(
  tilings: readonly Tiled[],
  view: ServiceView,
  series: readonly KnownSeries[],
  reading: Reading,
): Promise<void> {
  const windows: RawWindow<Bin>[] = [];
  for (const process of view.processes) {
    for (const { bin, tiling } of tilings) {
      if (tiling.raw === undefined) continue;
      for (const startMs of windowsOf(process, ...tiling.raw)) {
        windows.push({ process, startMs, of: bin });
      }
    }
  }
  const wanted = new Map(series.map((each) => [each.id, each]));
  for await (const { process, of: bin, fields } of rawPayloads(view, windows, wanted, reading)) {
    for (const [each, payload] of fields) {
      bin.sumOf(each, view).addRaw(process, payload);
      const pause = reading.slices.pause();
      if (pause !== undefined) await pause;
    }
  }
}

export interface RawWindow<T> {
  readonly process: ProcessRecord;
  readonly startMs: number;
  readonly of: T;
}

/** What windows say of the series that are wanted, window by window. @throws when Redis fails */
export async function* rawPayloads<T>(
  view: ServiceView,
  windows: readonly RawWindow<T>[],
  wanted: ReadonlyMap<string, KnownSeries>,
  { asking, keys }: Reading,
): AsyncGenerator<RawWindow<T> & { readonly fields: readonly Field[] }> {
  const all = [...wanted.values()];
  const isSelected = all.length <= SELECTED;
  const ids = all.map(({ id }) => id);
  const commands = windows.map(({ process, startMs }): Command => {
    const key = keys.raw(view.service, process.id, startMs);
    return isSelected ? ["HMGET", key, MARKER, ...ids] : ["HGETALL", key];
  });
  let i = 0;
  for await (const reply of asking.payloads(commands)) {
    const fields: Field[] = [];
    if (isSelected) {
      for (const [at, payload] of ownValues<Buffer>(reply).entries()) {
        if (payload !== null) fields.push([all[at], payload]);
      }
    } else {
      for (const [id, payload] of ownFields<Buffer>(reply)) {
        const series = wanted.get(id);
        if (series !== undefined) fields.push([series, payload]);
      }
    }
    yield { ...windows[i++], fields };
  }
}

type Field = readonly [series: KnownSeries, payload: Buffer];

function put<K, V>(groups: Map<K, V[]>, key: K, value: V): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [value]);
  else group.push(value);
}
