import type { GaugeSnapshot, SaturationSnapshot, Snapshot } from "../snapshot/model.js";

const MIB = 2 ** 20;

/** One GPU as `hw.gpu.*`, `hw.temperature` and `hw.power` tell of it; null: not told. */
export interface GpuReading {
  readonly id: string;
  readonly utilizationPercent: number | null;
  /** MiB, which `nvidia-smi` calls MB too. */
  readonly memoryUsedMB: number | null;
  readonly memoryTotalMB: number | null;
  readonly memoryPercent: number | null;
  readonly temperatureCelsius: number | null;
  readonly powerDrawWatts: number | null;
}

type Sample = Pick<SaturationSnapshot | GaugeSnapshot, "name" | "attributes" | "value">;
type Draft = { -readonly [K in Exclude<keyof GpuReading, "id">]: GpuReading[K] };

const FIELDS: ReadonlyMap<string, readonly [field: keyof Draft, factor: number]> = new Map([
  ["hw.gpu.utilization", ["utilizationPercent", 100]],
  ["hw.gpu.memory.utilization", ["memoryPercent", 100]],
  ["hw.gpu.memory.usage", ["memoryUsedMB", 1 / MIB]],
  ["hw.gpu.memory.limit", ["memoryTotalMB", 1 / MIB]],
  ["hw.temperature", ["temperatureCelsius", 1]],
  ["hw.power", ["powerDrawWatts", 1]],
]);

const MAX_GPUS = 64;

/** The GPUs of a snapshot, whoever measures them: the library's own probe, or gauges of these names. */
export function gpusOf({ saturation, gauges }: Snapshot): GpuReading[] {
  const found = new Map<string, Draft>();
  for (const sample of [...gauges, ...saturation] as readonly Sample[]) {
    const field = FIELDS.get(sample.name);
    const type = sample.attributes["hw.type"];
    if (field === undefined || (type !== undefined && type !== "gpu")) continue;
    if (!Number.isFinite(sample.value)) continue;
    const id = String(sample.attributes["hw.id"] ?? "0");
    const gpu = found.get(id) ?? nothing();
    if (!found.has(id) && found.size >= MAX_GPUS) continue;
    found.set(id, gpu);
    gpu[field[0]] = sample.value * field[1];
  }
  return [...found].map(([id, gpu]) => {
    const { memoryUsedMB: used, memoryTotalMB: total } = gpu;
    const memoryPercent =
      gpu.memoryPercent ?? (used !== null && total ? (100 * used) / total : null);
    return { id, ...gpu, memoryPercent };
  });
}

function nothing(): Draft {
  return {
    utilizationPercent: null,
    memoryUsedMB: null,
    memoryTotalMB: null,
    memoryPercent: null,
    temperatureCelsius: null,
    powerDrawWatts: null,
  };
}
