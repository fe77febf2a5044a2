import { type Hierarchy, locate } from "./cgroup-paths.js";
import type { ReadFile } from "./sources.js";

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
 * The process is taken to stay in the group it was in when this was made. Nothing here throws.
 */
export class Cgroup {
  readonly #read: ReadFile;
  readonly #cpu: Hierarchy | undefined;
  readonly #memory: Hierarchy | undefined;

  constructor(read: ReadFile) {
    this.#read = read;
    const self = read("/proc/self/cgroup");
    const mountinfo = self === undefined ? undefined : read("/proc/self/mountinfo");
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
    const total = field(stat, "nr_periods");
    const throttled = field(stat, "nr_throttled");
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
    return Math.max(0, usage - (field(stat, v2 ? "inactive_file" : "total_inactive_file") ?? 0));
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

/** Digits only: "max", "-1" and garbage are no limit. */
function numberIn(text: string | undefined): number | undefined {
  const digits = text?.trim() ?? "";
  return /^\d{1,20}$/.test(digits) ? Number(digits) : undefined;
}

/** The number after `name` at the beginning of a line. */
function field(text: string | undefined, name: string): number | undefined {
  if (text === undefined) return undefined;
  const at = text.startsWith(`${name} `) ? 0 : text.indexOf(`\n${name} `) + 1;
  if (at === 0 && !text.startsWith(`${name} `)) return undefined;
  const end = text.indexOf("\n", at);
  return numberIn(text.slice(at + name.length + 1, end < 0 ? undefined : end));
}
