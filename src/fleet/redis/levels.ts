import { isLive } from "../../exporters/redis/rollup-processes.js";
import { windowsOf } from "../../exporters/redis/rollup-raw.js";
import type { KnownSeries } from "../../exporters/redis/rollup-series.js";
import { floorTo } from "../../exporters/redis/rollup-steps.js";
import { afterwards } from "../../exporters/redis/rollup-sum.js";
import { decodeGauge, type GaugeWindow, type ProcessRecord } from "../../exporters/redis/schema.js";
import type { GaugeSnapshot, SaturationSnapshot } from "../../snapshot/model.js";
import { type RawWindow, type Reading, rawPayloads } from "./read.js";
import { AHEAD_MS, type ServiceView } from "./view.js";

/** What gauges are shown over: mean and extremes are those of the last minute, at most. */
const RECENT_MS = 60_000;

/** What one process says of everything that goes up and down, by series. */
export type Levels = ReadonlyMap<string, GaugeWindow>;

/** Levels of all that live, by process. @throws when Redis fails */
export async function levelsOf(
  view: ServiceView,
  series: readonly KnownSeries[],
  sinceMs: number,
  reading: Reading,
): Promise<ReadonlyMap<ProcessRecord, Levels>> {
  const { processes, nowMs } = view;
  const levels = new Map<ProcessRecord, Map<string, GaugeWindow>>();
  const windows: RawWindow<Map<string, GaugeWindow>>[] = [];
  for (const process of processes) {
    if (!isLive(process, nowMs)) continue;
    const own = new Map<string, GaugeWindow>();
    levels.set(process, own);
    const { windowMs } = process;
    const seenMs = Math.min(process.seenMs, nowMs + AHEAD_MS);
    const from = floorTo(Math.max(sinceMs, nowMs - RECENT_MS), windowMs);
    for (const startMs of windowsOf(
      process,
      Math.min(from, floorTo(seenMs, windowMs)),
      seenMs + 1,
    )) {
      windows.push({ process, startMs, of: own });
    }
  }
  if (series.length === 0) return levels;
  const wanted = new Map(series.map((each) => [each.id, each]));
  for await (const { of: own, fields } of rawPayloads(view, windows, wanted, reading)) {
    for (const [{ id }, payload] of fields) {
      const gauge = decodeGauge(payload);
      const before = own.get(id);
      if (gauge !== undefined)
        own.set(id, before === undefined ? gauge : afterwards(before, gauge));
    }
    const pause = reading.slices.pause();
    if (pause !== undefined) await pause;
  }
  return levels;
}

/** What can run full, as one process says. */
export function saturationOf(
  series: readonly KnownSeries[],
  levels: Levels,
): readonly SaturationSnapshot[] {
  return told(series, levels, true).map(({ of, level }) => {
    const { last: value, max, sum, samples, saturation = Number.NaN } = level;
    const full = Number.isNaN(saturation) ? {} : { saturation };
    return Object.freeze({ ...of, value, mean: sum / samples, max, ...full });
  });
}

/** The other gauges, as one process says. */
export function gaugesOf(series: readonly KnownSeries[], levels: Levels): readonly GaugeSnapshot[] {
  return told(series, levels, false).map(
    ({ of, level: { last: value, min, max, sum, samples } }) => {
      return Object.freeze({ ...of, value, mean: sum / samples, min, max });
    },
  );
}

function told(series: readonly KnownSeries[], levels: Levels, isSaturation: boolean) {
  return series.flatMap(({ id, descriptor }) => {
    const level = levels.get(id);
    const isMeant = (descriptor.saturation === true) === isSaturation;
    if (level === undefined || !isMeant || descriptor.signals !== undefined) return [];
    const { name, attributes, unit } = descriptor;
    return [{ of: { name, attributes, unit }, level }];
  });
}
