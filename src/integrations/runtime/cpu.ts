import { type Cgroup, LIMITS_EVERY_MS, type Limit } from "./cgroup.js";
import { Countdown } from "./countdown.js";
import type { Probe } from "./probe.js";
import { advance, counter, gauge, ratio, setShare } from "./reading.js";
import type { Sources } from "./sources.js";

const TIME = "Total CPU seconds of this process, by mode.";

/** CPU of the whole process, all threads, against what it may use. */
export class CpuProbe implements Probe {
  readonly name = "cpu";
  readonly #utilization = gauge(
    "process.cpu.utilization",
    "1",
    "Share of the CPUs this process may use (control group quota, else CPUs available).",
  );
  readonly #user = counter("process.cpu.time", "s", TIME, { "cpu.mode": "user" });
  readonly #system = counter("process.cpu.time", "s", TIME, { "cpu.mode": "system" });
  readonly #throttled = gauge(
    "auspex.cgroup.cpu.throttled",
    "1",
    "Share of scheduling periods in which the control group ran out of CPU quota.",
  );
  readonly readings = [this.#utilization, this.#user, this.#system, this.#throttled];

  readonly #sources: Sources;
  readonly #cgroup: Cgroup;
  #limit: Limit | undefined;
  #cpus = Number.NaN;
  readonly #limits = new Countdown(LIMITS_EVERY_MS);
  #periods: { total: number; throttled: number } | undefined;

  constructor(sources: Sources, cgroup: Cgroup) {
    this.#sources = sources;
    this.#cgroup = cgroup;
    this.#readLimits();
    this.#advance();
    this.#periods = this.#limit && cgroup.cpuPeriods(this.#limit);
  }

  sample(elapsedMs: number): void {
    if (this.#limits.isDue(elapsedMs)) this.#readLimits();
    const usedMs = this.#advance() * 1e3;
    setShare(this.#utilization, ratio(usedMs, elapsedMs * this.#cpus));
    this.#sampleThrottling();
  }

  /** Seconds used since the last time. */
  #advance(): number {
    const { user, system } = this.#sources.cpuUsage();
    return advance(this.#user, user / 1e6) + advance(this.#system, system / 1e6);
  }

  #readLimits(): void {
    const before = this.#limit?.directory;
    this.#limit = this.#cgroup.cpuLimit();
    if (this.#limit?.directory !== before) this.#periods = undefined;
    const available = this.#sources.availableParallelism();
    const quota = this.#limit?.value ?? Number.POSITIVE_INFINITY;
    // Affinity may allow less than the quota; newer libuv rounds the quota into `available`.
    this.#cpus = quota < available + 1 ? quota : available;
  }

  #sampleThrottling(): void {
    const periods = this.#limit && this.#cgroup.cpuPeriods(this.#limit);
    const before = this.#periods;
    this.#periods = periods;
    let share = Number.NaN;
    if (periods && before) {
      const total = periods.total - before.total;
      // An idle group's periods are not counted: none passed, none throttled.
      share = total === 0 ? 0 : ratio(periods.throttled - before.throttled, total);
    }
    setShare(this.#throttled, share);
  }
}
