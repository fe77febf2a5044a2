/** What one line of `nvidia-smi` tells of one GPU; NaN: the GPU does not tell it. */
export interface GpuLine {
  readonly index: string;
  /** Percent of the last sample period in which a kernel ran. */
  readonly utilization: number;
  /** MiB. */
  readonly memoryUsed: number;
  readonly memoryTotal: number;
  /** Degrees Celsius. */
  readonly temperature: number;
  /** Watts. */
  readonly power: number;
  readonly powerLimit: number;
  readonly name: string;
}

/** Fields that every driver since 2014 knows: one it does not know would cost all the others. */
export const GPU_QUERY =
  "index,utilization.gpu,memory.used,memory.total,temperature.gpu,power.draw,power.limit,name";

/** @returns undefined for what is no such line */
export function gpuLine(line: string): GpuLine | undefined {
  const [index = "", ...rest] = line.split(",").map((field) => field.trim());
  if (!/^\d{1,3}$/.test(index) || rest.length < 7) return undefined;
  const [utilization, memoryUsed, memoryTotal, temperature, power, powerLimit] = rest.map(numberOf);
  // A GPU's name may hold a comma.
  const name = rest.slice(6).join(", ").slice(0, 64);
  return {
    index,
    utilization: utilization as number,
    memoryUsed: memoryUsed as number,
    memoryTotal: memoryTotal as number,
    temperature: temperature as number,
    power: power as number,
    powerLimit: powerLimit as number,
    name,
  };
}

/** `[N/A]`, `[Not Supported]`, `[Unknown Error]` and the like are no number. */
function numberOf(field: string): number {
  return /^-?\d{1,9}(?:\.\d{1,6})?$/.test(field) ? Number(field) : Number.NaN;
}
