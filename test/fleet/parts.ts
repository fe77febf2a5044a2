import type { FleetPart, FleetProcess } from "../../src/fleet/model.js";
import type { Auspex, AuspexOptions } from "../../src/index.js";
import { INTERNALS } from "../../src/instruments/internals.js";
import type { PullSource } from "../../src/readers/pull.js";
import type { ManualClock } from "../helpers/manual-clock.js";
import { manualMonitor } from "../helpers/monitor.js";

let made = 0;

/** A process that lives, unlike every other in id and pid. */
export function processOf(more: Partial<FleetProcess> = {}): FleetProcess {
  made++;
  return {
    id: `process-${made}`,
    service: "test",
    host: "here",
    pid: 1000 + made,
    startTimeMs: made,
    lastSeenMs: made,
    live: true,
    ...more,
  };
}

/** A monitor that `record` has written to, as a part of a fleet. */
export function partOf(
  record: (auspex: Auspex, clock: ManualClock) => void,
  { process = {}, window = "total", ...options }: PartOptions = {},
): FleetPart {
  const { auspex, clock } = manualMonitor(options);
  record(auspex, clock);
  return { process: processOf(process), snapshot: auspex.snapshot(window) };
}

interface PartOptions extends AuspexOptions {
  readonly process?: Partial<FleetProcess>;
  readonly window?: "10s" | "total";
}

/** What pull exporters read of a monitor. */
export function sourceOf(auspex: Auspex): PullSource {
  return auspex[INTERNALS].source() as PullSource;
}

/** The value of a sorted list that HdrHistogram calls its percentile. */
export function nearestRank(sorted: readonly number[], percentile: number): number {
  const rank = Math.max(1, Math.ceil((percentile / 100) * sorted.length - 1e-9));
  return sorted[rank - 1] as number;
}
