import { type Hierarchy, locate } from "./cgroup-paths.js";
import { Countdown } from "./countdown.js";
import type { Probe, Reading } from "./probe.js";
import type { ReadFile } from "./sources.js";
import { amountAfter, numberIn } from "./text.js";

/** A process is moved to another group yet more seldom than limits are changed. */
const GROUP_EVERY_MS = 60_000;
/** Limits are changed by hand or by an autoscaler, seldom. */
export const LIMITS_EVERY_MS = 10_000;

/** A limit and the group that sets it. */
export interface Limit {
  readonly directory: string;
  /** CPUs, or bytes. */
  readonly value: number;
}

/**
 * The limits and usage of the control groups this process lives in; version 1, 2 or none.
 *
 * The tightest limit on the way up holds; of equal ones the outermost, for it has the most to carry.
 * A probe without readings, on which others lean: as such it looks its group up again. Nothing here
 * throws.
 */
export class Cgroup implements Probe {
  readonly name = "cgroup";
  readonly readings: Reading[] = [];
  readonly #read: ReadFile;
  readonly #group = new Countdown(GROUP_EVERY_MS);
  #self: string | undefined;
  #cpu: Hierarchy | undefined;
  #memory: Hierarchy | undefined;

  /** @param forget - has `read` ask again for what was missing */
  constructor(
    read: ReadFile,
    private readonly forget: () => void = () => {},
  ) {
    this.#read = read;
    this.#locate(read("/proc/self/cgroup"));
  }

  /** Finds the group anew, and what was switched on in it since: a process may be moved, seldom. */
  sample(elapsedMs: number): void {
    if (!this.#group.isDue(elapsedMs)) return;
    this.forget();
    const self = this.#read("/proc/self/cgroup");
    if (self !== undefined && self !== this.#self) this.#locate(self);
  }

  /** False on a machine that has none: nothing is ever asked for again. */
  get exists(): boolean {
    return this.#self !== undefined;
  }

  /** Directory of the process's own group where pressure is told; version 2 only. */
  get pressureDirectory(): string | undefined {
    return this.#cpu?.version === 2 ? this.#cpu.directories[0] : undefined;
  }

  #locate(self: string | undefined): void {
    const mountinfo = self === undefined ? undefined : this.#read("/proc/self/mountinfo");
    this.#self = self;
    this.#cpu = locate("cpu", self, mountinfo);
    this.#memory = locate("memory", self, mountinfo);
  }

  /** CPUs the bandwidth controller allows. */
  cpuLimit(): Limit | undefined {
    const v2 = this.#cpu?.version === 2;
    return tightest(this.#cpu, (directory) => {
      const [quota, period] = v2
        ? (this.#read(`${directory}/cpu.max`) ?? "").split(" ")
        : [
            this.#read(`${directory}/cpu.cfs_quota_us`),
            this.#read(`${directory}/cpu.cfs_period_us`),
          ];
      return (numberIn(quota) ?? Number.NaN) / (numberIn(period) ?? Number.NaN);
    });
  }

  /** Scheduling periods under the limit so far, and those in which the group had to wait. */
  cpuPeriods({ directory }: Limit): { total: number; throttled: number } | undefined {
    const stat = this.#read(`${directory}/cpu.stat`);
    const total = amountAfter(stat, "nr_periods ");
    const throttled = amountAfter(stat, "nr_throttled ");
    return total === undefined || throttled === undefined ? undefined : { total, throttled };
  }

  /** Bytes; a limit beyond what the host has (version 1's "none" is 2⁶³) is none. */
  memoryLimit(totalMemory: number): Limit | undefined {
    const file = this.#memory?.version === 2 ? "memory.max" : "memory.limit_in_bytes";
    const limit = tightest(
      this.#memory,
      (directory) => numberIn(this.#read(`${directory}/${file}`)) ?? Number.NaN,
    );
    return limit !== undefined && limit.value < totalMemory ? limit : undefined;
  }

  /** Bytes the group cannot easily give back: usage without the inactive page cache, as kubelet counts. */
  workingSet({ directory }: Limit): number | undefined {
    const v2 = this.#memory?.version === 2;
    const usage = numberIn(
      this.#read(`${directory}/${v2 ? "memory.current" : "memory.usage_in_bytes"}`),
    );
    if (usage === undefined) return undefined;
    const stat = this.#read(`${directory}/memory.stat`);
    const inactive = amountAfter(stat, v2 ? "inactive_file " : "total_inactive_file ") ?? 0;
    return Math.max(0, usage - inactive);
  }
}

function tightest(
  hierarchy: Hierarchy | undefined,
  limitOf: (directory: string) => number,
): Limit | undefined {
  let limit: Limit | undefined;
  for (const directory of hierarchy?.directories ?? []) {
    const value = limitOf(directory);
    if (value > 0 && value <= (limit?.value ?? Number.MAX_VALUE)) limit = { directory, value };
  }
  return limit;
}
