import type { AgentsReading } from "./agent-book.js";
import { isoOf } from "./capacity.js";
import type { GpuReading } from "./gpu.js";
import type { Series } from "./series/series.js";
import type { TasksOverall } from "./task-book.js";

export const DASHBOARD_CHANNEL = "events:dashboard:update";

const LOSS_TREND = 50;

/** Everything a dashboard shows, as JSON; null: not known. Published every 5 s. */
export interface DashboardPayload {
  /** Of the project that told of its training last. */
  readonly training: {
    readonly projectId: string | null;
    readonly currentLoss: number | null;
    readonly currentWER: number | null;
    /** ISO 8601 */
    readonly lastUpdated: string | null;
    /** The last 50 losses, oldest first. */
    readonly lossTrend: readonly { readonly step: number; readonly value: number }[];
  };
  readonly tasks: {
    readonly throughputPerHour: number;
    readonly avgDurationSeconds: number | null;
    /** Of tasks of the last hour that had a limit; null when none had. */
    readonly slaCompliancePercent: number | null;
    /** The last 100, newest first. */
    readonly recentCompletions: readonly {
      /** ISO 8601 */
      readonly timestamp: string;
      /** Seconds. */
      readonly duration: number;
      readonly agent: string;
    }[];
  };
  /** Of several GPUs: mean utilization, memory and power in all, the highest temperature. */
  readonly gpu: {
    readonly utilizationPercent: number | null;
    readonly memoryUsedMB: number | null;
    readonly memoryTotalMB: number | null;
    readonly temperatureCelsius: number | null;
    readonly powerDrawWatts: number | null;
  };
  readonly agents: {
    readonly activeCount: number;
    readonly loadVariancePercent: number;
    readonly avgTasksPerAgent: number;
  };
  /** ISO 8601 */
  readonly timestamp: string;
}

export function dashboardOf(facts: {
  readonly tasks: TasksOverall;
  readonly agents: AgentsReading;
  readonly gpus: readonly GpuReading[];
  readonly series: readonly Series[];
  readonly wallMs: number;
}): DashboardPayload {
  const { tasks, agents, gpus, series, wallMs } = facts;
  const { duration, sla } = tasks;
  return {
    training: trainingOf(series),
    tasks: {
      throughputPerHour: tasks.throughputPerHour,
      avgDurationSeconds: duration.count === 0 ? null : duration.mean / 1000,
      slaCompliancePercent: sla.limited === 0 ? null : sla.ratio * 100,
      recentCompletions: tasks.completions
        .map(({ timeMs, durationMs, agent }) => ({
          timestamp: isoOf(timeMs),
          duration: durationMs / 1000,
          agent,
        }))
        .reverse(),
    },
    gpu: {
      utilizationPercent: over(gpus, "utilizationPercent", mean),
      memoryUsedMB: over(gpus, "memoryUsedMB", sum),
      memoryTotalMB: over(gpus, "memoryTotalMB", sum),
      temperatureCelsius: over(gpus, "temperatureCelsius", (all) => Math.max(...all)),
      powerDrawWatts: over(gpus, "powerDrawWatts", sum),
    },
    agents: {
      activeCount: agents.activeCount,
      loadVariancePercent: agents.load.variancePercent,
      avgTasksPerAgent: agents.load.mean,
    },
    timestamp: isoOf(wallMs),
  };
}

function trainingOf(series: readonly Series[]): DashboardPayload["training"] {
  let latest: Series | undefined;
  for (const each of series) {
    if (!/^training:[^:]*:/.test(each.name) || each.last === undefined) continue;
    if (latest?.last === undefined || each.last.timeMs >= latest.last.timeMs) latest = each;
  }
  if (latest?.last === undefined) {
    return {
      projectId: null,
      currentLoss: null,
      currentWER: null,
      lastUpdated: null,
      lossTrend: [],
    };
  }
  const [, projectId = ""] = latest.name.split(":", 2);
  const named = (metric: string) => {
    return series.find(({ name }) => name === `training:${projectId}:${metric}`);
  };
  const loss = named("loss");
  return {
    projectId,
    currentLoss: loss?.last?.value ?? null,
    currentWER: named("wer")?.last?.value ?? null,
    lastUpdated: isoOf(latest.last.timeMs),
    lossTrend: (loss?.points({ last: LOSS_TREND }) ?? []).map(({ step, value }) => ({
      step,
      value,
    })),
  };
}

function over(
  gpus: readonly GpuReading[],
  field: Exclude<keyof GpuReading, "id">,
  fold: (values: readonly number[]) => number,
): number | null {
  const told = gpus.map((gpu) => gpu[field]).filter((value) => value !== null);
  return told.length === 0 ? null : fold(told);
}

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;
