import { processWide } from "../diag/process-wide.js";
import type { Instrumented } from "../instruments/internals.js";
import { INTERNALS } from "../instruments/internals.js";
import { observeAgents } from "../integrations/agents/observers.js";
import { resolveWorkloadOptions, type WorkloadOptions } from "./options.js";
import { seriesBookOf } from "./series/index.js";
import { type Workload, WorkloadWatcher } from "./workload.js";

/** One for all copies of this library in the process. */
function workloadsOf(): WeakMap<Instrumented, Workload> {
  return processWide("auspex.workload@0", () => new WeakMap());
}

/**
 * How the agents of this monitor get on, and whoever reports to it: get or create, one per monitor.
 *
 * Costs less than 2 µs a task. Every 5 s it looks at its books, tells insights (`auspex.on("insight", …)`),
 * and where the monitor has a Redis exporter publishes `events:dashboard:update` and saves
 * `context:system:capacity`.
 * @param options - count the first time only
 * @throws RangeError listing every fault of the options and how to mend it
 */
export function workload(auspex: Instrumented, options?: WorkloadOptions): Workload {
  const workloads = workloadsOf();
  const resolved = resolveWorkloadOptions(options);
  const known = workloads.get(auspex);
  if (known !== undefined) {
    if (options !== undefined) {
      auspex[INTERNALS].diag.warn(
        "workload",
        "there is a workload already, with its first options",
      );
    }
    return known;
  }
  const made: WorkloadWatcher = new WorkloadWatcher(resolved, seriesBookOf(auspex), () => stop());
  const stop = observeAgents(auspex, made);
  auspex[INTERNALS].watch(made);
  workloads.set(auspex, made);
  return made;
}

export type { AgentReading, AgentsReading } from "./agent-book.js";
export type { CapacityContext } from "./capacity.js";
export type { InboxTally } from "./channels/inbox.js";
export {
  type ChannelOptions,
  type ChannelSubscription,
  listenToChannels,
} from "./channels/index.js";
export type { DashboardPayload } from "./dashboard.js";
export type { GpuReading } from "./gpu.js";
export type { Load } from "./load.js";
export type { AgentRank } from "./ranking.js";
export { series } from "./series/index.js";
export type { SeriesPoint } from "./series/points.js";
export type { Series, SeriesOptions, SeriesTally } from "./series/series.js";
export type { StepReading } from "./step-book.js";
export type {
  Completion,
  Compliance,
  TasksOverall,
  TasksReading,
  TaskTypeReading,
} from "./task-book.js";
export type { WorkloadTally } from "./workload.js";
export type { Workload, WorkloadOptions };
