import type { Snapshot } from "../snapshot/model.js";
import type { GpuReading } from "./gpu.js";

/** Under which schedulers find it in the fleet's store. */
export const CAPACITY_KEY = "context:system:capacity";

/** From here on nothing more is accepted, and again from a little below. */
const FULL = 0.9;
const FREE = 0.8;
/** The documents' rule of a GPU that has room for one more job. */
const GPU_FREE_PERCENT = 80;
const GPU_FREE_MB = 5000;

/** Whether there is room for more work, for schedulers. Saturations are 0 … 1; null: not known. */
export interface CapacityContext {
  /** ISO 8601. */
  readonly timestamp: string;
  readonly accepting: boolean;
  /** Why it is not accepting; empty when it is. */
  readonly reasons: readonly string[];
  readonly tasksRunning: number;
  /** Most tasks at a time, and how many more there is room for. */
  readonly taskSlots: number | null;
  readonly freeTaskSlots: number | null;
  /** Tasks that wait. */
  readonly queueDepth: number;
  readonly queueSaturation: number | null;
  /** Work of agents under way against their limits: the fullest. */
  readonly agentSaturation: number | null;
  readonly cpuSaturation: number | null;
  readonly memorySaturation: number | null;
  /** Utilization of the GPU that is least busy. */
  readonly gpuSaturation: number | null;
  /** Some GPU is below 80 % and has 5,000 MB left; null without a GPU that tells. */
  readonly gpuAvailable: boolean | null;
}

const CPU = [
  "process.cpu.utilization",
  "auspex.host.cpu.utilization",
  "nodejs.eventloop.utilization",
];
const MEMORY = [
  "auspex.heap.utilization",
  "container.memory.working_set",
  "process.memory.usage",
  "system.memory.utilization",
];

export interface CapacityFacts {
  readonly snapshot: Snapshot;
  readonly gpus: readonly GpuReading[];
  readonly tasksRunning: number;
  /** What the host said; undefined: nothing. */
  readonly slots: number | undefined;
  readonly wallMs: number;
  /** What was answered last. */
  readonly wasAccepting: boolean;
}

export function capacityOf(facts: CapacityFacts): CapacityContext {
  const { snapshot, gpus, tasksRunning, slots, wallMs, wasAccepting } = facts;
  const { depth, fullest: queue } = queues(snapshot);
  const agents = fullest(snapshot, ["auspex.agent.concurrency"]);
  const cpu = fullest(snapshot, CPU);
  const memory = fullest(snapshot, MEMORY);
  const free = slots === undefined ? null : Math.max(0, slots - tasksRunning);
  const limit = wasAccepting ? FULL : FREE;
  const reasons = [
    free === 0 && "every task slot is taken",
    ...[
      ["queues", queue] as const,
      ["agents", agents] as const,
      ["CPU", cpu] as const,
      ["memory", memory] as const,
    ].map(([what, value]) => {
      return value !== null && value >= limit && `${what} at ${Math.round(value * 100)} %`;
    }),
  ].filter((reason) => reason !== false);
  return {
    timestamp: isoOf(wallMs),
    accepting: reasons.length === 0,
    reasons,
    tasksRunning,
    taskSlots: slots ?? null,
    freeTaskSlots: free,
    queueDepth: depth,
    queueSaturation: queue,
    agentSaturation: agents,
    cpuSaturation: cpu,
    memorySaturation: memory,
    ...gpuRoom(gpus),
  };
}

/** A wall clock may stand anywhere; a date can not. */
export function isoOf(wallMs: number): string {
  return new Date(Math.abs(wallMs) <= 8.64e15 ? wallMs : 0).toISOString();
}

function fullest({ saturation }: Snapshot, names: readonly string[]): number | null {
  let most: number | null = null;
  for (const { name, saturation: share } of saturation) {
    if (share === undefined || !Number.isFinite(share) || !names.includes(name)) continue;
    most = Math.max(most ?? 0, share);
  }
  return most;
}

function queues(snapshot: Snapshot) {
  const name = "auspex.agent.queue.depth";
  let depth = 0;
  for (const each of snapshot.saturation) {
    if (each.name === name && Number.isFinite(each.value)) depth += Math.max(0, each.value);
  }
  return { depth, fullest: fullest(snapshot, [name]) };
}

function gpuRoom(gpus: readonly GpuReading[]) {
  let gpuSaturation: number | null = null;
  let gpuAvailable: boolean | null = null;
  for (const { utilizationPercent: busy, memoryUsedMB: used, memoryTotalMB: total } of gpus) {
    if (busy === null) continue;
    gpuSaturation = Math.min(gpuSaturation ?? 1, busy / 100);
    if (used === null || total === null) continue;
    gpuAvailable ||= busy < GPU_FREE_PERCENT && total - used > GPU_FREE_MB;
  }
  return { gpuSaturation, gpuAvailable };
}
