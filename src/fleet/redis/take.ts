import type { Command } from "../../exporters/redis/connection.js";
import { isLive } from "../../exporters/redis/rollup-processes.js";
import type { KnownSeries } from "../../exporters/redis/rollup-series.js";
import { floorTo } from "../../exporters/redis/rollup-steps.js";
import { SeriesSum } from "../../exporters/redis/rollup-sum.js";
import type { FleetGauge } from "../../exporters/redis/rollup-value.js";
import { decodeTotal, MARKER, type ProcessRecord } from "../../exporters/redis/schema.js";
import type { Exemplar } from "../../snapshot/model.js";
import { SELF_METRICS } from "../../snapshot/self-metrics.js";
import type { WindowName } from "../../window/rolling-window.js";
import { snapshotOf } from "../batch-snapshot.js";
import type { FleetPart, FleetProcess } from "../model.js";
import { ownValues } from "./ask.js";
import { batchOf, type Valued } from "./batch.js";
import { exemplarsOf } from "./exemplars.js";
import { matching } from "./filter.js";
import { gaugesOf, type Levels, levelsOf, saturationOf } from "./levels.js";
import type { FleetFilter } from "./model.js";
import { operationKey } from "./operation-key.js";
import { Bin, fill, type Reading } from "./read.js";
import { addTotals } from "./totals.js";
import { AHEAD_MS, fleetProcess, type ServiceView } from "./view.js";

export const SPAN_MS: Readonly<Record<WindowName, number>> = {
  "10s": 10_000,
  "1m": 60_000,
  "5m": 300_000,
  "1h": 3_600_000,
  total: Number.POSITIVE_INFINITY,
};

const SELF: ReadonlySet<string> = new Set(SELF_METRICS);

/** What one service contributes to a snapshot. */
export interface Taken {
  readonly parts: readonly FleetPart[];
  /**
   * By operation (see `operationKey`): how many processes have it. Roll-ups remember how many at a time, and
   * what is in flight, if only nothing, each one that lives says all the time.
   */
  readonly processes: ReadonlyMap<string, number>;
}

/** Everything of one service in one window. @throws when Redis fails */
export async function take(
  view: ServiceView,
  window: WindowName,
  filter: FleetFilter,
  reading: Reading,
): Promise<Taken> {
  const { service, nowMs } = view;
  const born = Math.min(nowMs, ...view.processes.map(({ startMs }) => startMs));
  const fromMs = window === "total" ? born : fromOf(view, SPAN_MS[window]);
  const all = [...view.book.since(fromMs, matching(filter))];
  const counted = all.filter(({ kind, descriptor }) => {
    return kind !== "gauge" && !SELF.has(descriptor.name);
  });
  const bin = new Bin(fromMs, nowMs + AHEAD_MS);
  let start = born;
  if (window === "total") start = await addTotals(view, counted, () => bin.sums, reading);
  else {
    await fill([bin], view, counted, reading);
    start = Math.max(born, Math.min(nowMs, counted.length === 0 ? fromMs : bin.beginsMs));
  }
  const gauges = all.filter(({ kind }) => kind === "gauge");
  const levels = await levelsOf(view, gauges, fromMs, reading);
  const isOne = filter.operation !== undefined;
  const traced = isOne ? await exemplarsOf(view, counted, start, reading) : undefined;
  for (const sum of bin.sums.values()) {
    // What takes time is adding up; the sum is kept.
    sum.value();
    const pause = reading.slices.pause();
    if (pause !== undefined) await pause;
  }
  const active = inFlight(gauges, levels);
  const values = [...valuesOf(bin.sums, traced), ...active];
  const pooled = snapshotOf(batchOf(service, service, start, nowMs, values), service, window);
  const own = await selfOf(view, all, levels, reading);
  const parts: FleetPart[] = [
    { process: everybody(service, start, nowMs), processes: [], snapshot: pooled },
  ];
  const shown = gauges.filter(({ descriptor }) => !SELF.has(descriptor.name));
  for (const record of view.processes) {
    if (record.seenMs < start) continue;
    const of = levels.get(record) ?? new Map();
    const batch = batchOf(service, record.id, start, nowMs, own.get(record) ?? []);
    const snapshot = {
      ...snapshotOf(batch, service, window),
      saturation: saturationOf(shown, of),
      gauges: gaugesOf(shown, of),
    };
    parts.push({ process: fleetProcess(service, record, nowMs), snapshot });
    const pause = reading.slices.pause();
    if (pause !== undefined) await pause;
  }
  return { parts, processes: processesOf(service, bin.sums, active) };
}

/** Where a window begins that ends now: no process's own windows straddle it. */
function fromOf({ processes, nowMs, retention }: ServiceView, spanMs: number): number {
  const lengths = [
    ...processes.filter((record) => isLive(record, nowMs)).map(({ windowMs }) => windowMs),
    ...[retention.tiers, ...retention.byCategory.values()].map(([finest]) => finest.stepMs),
  ];
  return floorTo(nowMs - spanMs, Math.max(...lengths));
}

function* valuesOf(
  sums: ReadonlyMap<string, SeriesSum>,
  traced: ReadonlyMap<string, readonly Exemplar[]> | undefined,
): Generator<Valued> {
  for (const [id, sum] of sums) {
    const value = sum.value();
    const exemplars = traced?.get(id);
    if (value !== undefined) yield { series: sum.series, value, ...(exemplars && { exemplars }) };
  }
}

/** What is in flight, in all that live together. */
function inFlight(
  gauges: readonly KnownSeries[],
  levels: ReadonlyMap<ProcessRecord, Levels>,
): readonly Valued[] {
  return gauges.flatMap((series) => {
    if (series.descriptor.signals === undefined) return [];
    const told = [...levels.values()].flatMap((own) => own.get(series.id) ?? []);
    if (told.length === 0) return [];
    const last = told.reduce((sum, level) => sum + level.last, 0);
    const gauge: FleetGauge = { last, min: last, max: last, sum: last, samples: 1, worst: "" };
    return [{ series, value: { processes: told.length, gauge } }];
  });
}

/** What the library knows of itself in each process that lives: since its start, up to half a minute ago. */
async function selfOf(
  view: ServiceView,
  all: readonly KnownSeries[],
  levels: ReadonlyMap<ProcessRecord, Levels>,
  { asking, keys }: Reading,
): Promise<ReadonlyMap<ProcessRecord, readonly Valued[]>> {
  const series = all.filter(({ descriptor }) => SELF.has(descriptor.name));
  const counted = series.filter(({ kind }) => kind !== "gauge");
  const values = new Map<ProcessRecord, Valued[]>();
  for (const [record, own] of levels) {
    const gauges = series.flatMap((each): Valued[] => {
      const level = own.get(each.id);
      if (level === undefined) return [];
      return [{ series: each, value: { processes: 1, gauge: { ...level, worst: record.id } } }];
    });
    values.set(record, gauges);
  }
  if (counted.length === 0) return values;
  const ids = counted.map(({ id }) => id);
  const records = [...levels.keys()];
  const commands = records.map(({ id }): Command => {
    return ["HMGET", keys.total(view.service, id), MARKER, ...ids];
  });
  let i = 0;
  for await (const reply of asking.payloads(commands)) {
    const record = records[i++];
    for (const [at, field] of ownValues<Buffer>(reply).entries()) {
      const total = field === null ? undefined : decodeTotal(field);
      if (total === undefined) continue;
      const sum = new SeriesSum(counted[at], view.book.layouts);
      sum.addRaw(record, total.payload as Buffer);
      const value = sum.value();
      if (value !== undefined) values.get(record)?.push({ series: counted[at], value });
    }
  }
  return values;
}

/** Who speaks for all where values are pooled. */
function everybody(service: string, startTimeMs: number, lastSeenMs: number): FleetProcess {
  return { id: service, service, host: "", pid: 0, startTimeMs, lastSeenMs, live: true };
}

function processesOf(
  service: string,
  sums: ReadonlyMap<string, SeriesSum>,
  active: readonly Valued[],
): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const told = active.map(({ series, value: { processes } }) => ({ series, processes }));
  for (const { series, processes } of [...sums.values(), ...told]) {
    const { signals } = series.descriptor;
    if (signals === undefined) continue;
    const key = operationKey(service, signals);
    counts.set(key, Math.max(processes, counts.get(key) ?? 0));
  }
  return counts;
}
