import { joinAttributes } from "../../attributes/attributes.js";
import { isLive } from "../../exporters/redis/rollup-processes.js";
import type { SeriesSum } from "../../exporters/redis/rollup-sum.js";
import type { ProcessRecord } from "../../exporters/redis/schema.js";
import type { MetricBatch, MetricData } from "../../snapshot/batch.js";
import type { FleetBatch } from "../merge-batches.js";
import type { FleetProcess } from "../model.js";
import { batchOf, type Valued } from "./batch.js";
import { levelsOf } from "./levels.js";
import type { Reading } from "./read.js";
import { addTotals } from "./totals.js";
import { fleetProcess, type ServiceView } from "./view.js";

/**
 * Everything that the processes of one service have counted, one batch each, and one for those long gone.
 *
 * @param isOneOfMany - says whose it is in an attribute. @throws when Redis fails
 */
export async function batchesOf(
  view: ServiceView,
  isOneOfMany: boolean,
  reading: Reading,
): Promise<readonly FleetBatch[]> {
  const { service, nowMs, processes } = view;
  const all = [...view.book.since(0, () => true)];
  const gone = new Map<string, SeriesSum>();
  const byProcess = new Map(processes.map((each) => [each, new Map<string, SeriesSum>()]));
  const sumsOf = (process: ProcessRecord | undefined) =>
    (process && byProcess.get(process)) ?? gone;
  const counted = all.filter(({ kind }) => kind !== "gauge");
  const sinceMs = await addTotals(view, counted, sumsOf, reading);
  const gauges = all.filter(({ kind }) => kind === "gauge");
  const levels = await levelsOf(view, gauges, nowMs, reading);
  const part = (process: FleetProcess, values: readonly Valued[]): FleetBatch => {
    const { id, startTimeMs } = process;
    const batch = batchOf(service, id, startTimeMs, nowMs, values);
    return { process, batch: isOneOfMany ? named(batch, service) : batch };
  };
  const parts: FleetBatch[] = [];
  for (const record of processes) {
    const own = levels.get(record);
    const values = gauges.flatMap((series): Valued[] => {
      const level = own?.get(series.id);
      if (level === undefined) return [];
      return [{ series, value: { processes: 1, gauge: { ...level, worst: record.id } } }];
    });
    parts.push(part(fleetProcess(service, record, nowMs), [...valued(sumsOf(record)), ...values]));
    const pause = reading.slices.pause();
    if (pause !== undefined) await pause;
  }
  if (gone.size === 0) return parts;
  const ghost = { id: `${service}, gone`, service, host: "", pid: 0, startTimeMs: sinceMs };
  return [...parts, part({ ...ghost, lastSeenMs: sinceMs, live: false }, [...valued(gone)])];
}

/** How many of a service have ended, or are silent. */
export function endedOf({ processes, nowMs }: ServiceView): number {
  return processes.filter((record) => !isLive(record, nowMs)).length;
}

function* valued(sums: ReadonlyMap<string, SeriesSum>): Generator<Valued> {
  for (const sum of sums.values()) {
    const value = sum.value();
    if (value !== undefined) yield { series: sum.series, value };
  }
}

/** Services that count under one name stay apart. */
function named(batch: MetricBatch, service: string): MetricBatch {
  const extra = { "service.name": service };
  const metrics = batch.metrics.map((metric) => {
    const points = (metric.points as readonly MetricData["points"][number][]).map((point) => ({
      ...point,
      attributes: joinAttributes(point.attributes, extra),
    }));
    return { ...metric, points } as MetricData;
  });
  return { ...batch, metrics };
}
