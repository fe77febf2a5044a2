import type { Command } from "../../exporters/redis/connection.js";
import { goneKey, readGone } from "../../exporters/redis/rollup-gone.js";
import type { KnownSeries } from "../../exporters/redis/rollup-series.js";
import { SeriesSum } from "../../exporters/redis/rollup-sum.js";
import { Totals } from "../../exporters/redis/rollup-totals.js";
import type { ProcessRecord } from "../../exporters/redis/schema.js";
import { ownFields } from "./ask.js";
import { type RawWindow, type Reading, rawPayloads } from "./read.js";
import type { ServiceView } from "./view.js";

/** Where the totals of one process go, and of those long gone (`undefined`). */
export type SumsOf = (process: ProcessRecord | undefined) => Map<string, SeriesSum>;

/**
 * Adds up what every process has counted since it began, those that have ended included: totals as they
 * were written last, and the raw windows since.
 *
 * @returns when the first of them began, epoch ms. @throws when Redis fails
 */
export async function addTotals(
  view: ServiceView,
  series: readonly KnownSeries[],
  sumsOf: SumsOf,
  reading: Reading,
): Promise<number> {
  const { asking, keys, slices } = reading;
  const { service, book } = view;
  const wanted = new Map(series.map((each) => [each.id, each]));
  const sumOf = (each: KnownSeries, process: ProcessRecord | undefined): SeriesSum => {
    const sums = sumsOf(process);
    let sum = sums.get(each.id);
    if (sum === undefined) {
      sum = new SeriesSum(each, book.layouts);
      sums.set(each.id, sum);
    }
    return sum;
  };
  let gone = readGone(new Map());
  for await (const reply of asking.payloads([["HGETALL", goneKey(keys, service)]])) {
    gone = readGone(ownFields<Buffer>(reply));
  }
  for (const [id, payload] of gone.sums) {
    const each = wanted.get(id);
    if (each !== undefined) sumOf(each, undefined).addRollup(payload);
  }
  const processes = view.processes.filter(({ id }) => !gone.folded.has(id));
  const windows: RawWindow<Totals>[] = [];
  const commands = processes.map(({ id }): Command => ["HGETALL", keys.total(service, id)]);
  let i = 0;
  for await (const reply of asking.payloads(commands)) {
    const process = processes[i++];
    const totals = new Totals(ownFields<Buffer>(reply));
    for (const [id, payload] of totals.payloads) {
      const each = wanted.get(id);
      if (each !== undefined) sumOf(each, process).addRaw(process, payload);
      const pause = slices.pause();
      if (pause !== undefined) await pause;
    }
    if (view.nowMs - process.seenMs > view.retention.rawMs) continue;
    for (const startMs of totals.windowsBeyond(process, view.retention.rawMs)) {
      windows.push({ process, startMs, of: totals });
    }
  }
  for await (const window of rawPayloads(view, windows, wanted, reading)) {
    const { process, startMs, of: totals, fields } = window;
    for (const [each, payload] of fields) {
      if (totals.isBeyond(each.id, startMs)) sumOf(each, process).addRaw(process, payload);
      const pause = slices.pause();
      if (pause !== undefined) await pause;
    }
  }
  return Math.min(gone.sinceMs, ...view.processes.map(({ startMs }) => startMs));
}
