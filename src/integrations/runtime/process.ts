import type { CallbackTally } from "../../instruments/guarded-read.js";
import { Countdown } from "./countdown.js";
import { LateAnswer } from "./late-answer.js";
import type { Probe } from "./probe.js";
import { addsUp, counter, gauge, level, setOf, silence } from "./reading.js";
import type { ReadFile, Sources } from "./sources.js";
import { amountAfter } from "./text.js";

const LIMITS_EVERY_MS = 60_000;
const LIST_EVERY_MS = 10_000;

const switches = (type: string) =>
  counter("process.context_switches", "{context_switch}", "Times the process gave up a CPU.", {
    "process.context_switch.type": type,
  });
const faults = (type: string) =>
  counter("process.paging.faults", "{fault}", "Page faults of the process.", {
    "system.paging.fault.type": type,
  });

/** Descriptors against their limit, threads, and what the kernel counts of the process. */
export class ProcessProbe implements Probe {
  readonly name = "process";
  readonly stepMs = 5000;
  readonly #descriptors = addsUp(
    gauge(
      "process.unix.file_descriptor.count",
      "{file_descriptor}",
      "Open file descriptors; saturation is of the soft limit.",
    ),
  );
  readonly #threads = addsUp(level("process.thread.count", "{thread}", "Threads of the process."));
  readonly #virtual = addsUp(
    level("process.memory.virtual", "By", "Virtual memory of the process."),
  );
  readonly #uptime = level("process.uptime", "s", "Seconds the process has been running.");
  readonly #voluntary = switches("voluntary");
  readonly #involuntary = switches("involuntary");
  readonly #major = faults("major");
  readonly #minor = faults("minor");
  readonly readings = [
    this.#descriptors,
    this.#threads,
    this.#virtual,
    this.#uptime,
    this.#voluntary,
    this.#involuntary,
    this.#major,
    this.#minor,
  ];

  readonly #sources: Sources;
  readonly #readFile: ReadFile;
  readonly #limits = new Countdown(LIMITS_EVERY_MS, 0);
  readonly #listed: LateAnswer;
  #descriptorLimit = Number.NaN;
  /** False where there is no /proc: nothing there is asked for again. */
  readonly #hasProc: boolean;

  constructor(sources: Sources, readFile: ReadFile, tally: CallbackTally) {
    this.#sources = sources;
    this.#readFile = readFile;
    this.#listed = new LateAnswer(LIST_EVERY_MS, () => sources.listDescriptors(), tally);
    this.#hasProc = readFile("/proc/self/status") !== undefined;
  }

  sample(elapsedMs: number): void {
    this.#uptime.value = this.#sources.uptime();
    const usage = this.#sources.resourceUsage();
    this.#voluntary.value = usage.voluntaryContextSwitches;
    this.#involuntary.value = usage.involuntaryContextSwitches;
    this.#major.value = usage.majorPageFault;
    this.#minor.value = usage.minorPageFault;
    if (this.#hasProc) this.#readProc(elapsedMs);
  }

  #readProc(elapsedMs: number): void {
    if (this.#limits.isDue(elapsedMs)) {
      const limits = this.#readFile("/proc/self/limits");
      this.#descriptorLimit = amountAfter(limits, "Max open files") ?? Number.NaN;
    }
    const status = this.#readFile("/proc/self/status");
    this.#threads.value = amountAfter(status, "Threads:") ?? Number.NaN;
    this.#virtual.value = (amountAfter(status, "VmSize:") ?? Number.NaN) * 1024;
    const open = this.#openDescriptors(elapsedMs);
    if (Number.isNaN(open)) silence(this.#descriptors);
    else setOf(this.#descriptors, open, this.#descriptorLimit);
  }

  /** Linux before 6.2 must list them, which with thousands of connections takes milliseconds. */
  #openDescriptors(elapsedMs: number): number {
    const count = this.#sources.descriptorCount();
    if (count > 0) return count;
    this.#listed.sample(elapsedMs);
    return this.#listed.value;
  }
}
