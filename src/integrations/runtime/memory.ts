import type { Cgroup, Limit } from "./cgroup.js";
import { LIMITS_EVERY_MS } from "./cpu.js";
import type { Probe } from "./probe.js";
import { gauge, ratio, saturation } from "./reading.js";
import type { Sources } from "./sources.js";

/** Memory of the process against its control group's limit, else the host's; the heap against V8's. */
export class MemoryProbe implements Probe {
  readonly name = "memory";
  readonly #usage = gauge(
    "process.memory.usage",
    "By",
    "Physical memory in use (resident set); saturation is the control group's working set by its limit.",
  );
  /** All heap spaces. Semconv splits this by `v8js.heap.space.name`: a split must replace it. */
  readonly #heap = gauge("v8js.memory.heap.used", "By", "Heap memory in use, all spaces.");
  readonly readings = [this.#usage, this.#heap] as const;

  readonly #sources: Sources;
  readonly #cgroup: Cgroup;
  #limit: Limit | undefined;
  #hostBytes = Number.NaN;
  #untilLimitsMs = LIMITS_EVERY_MS;

  constructor(sources: Sources, cgroup: Cgroup) {
    this.#sources = sources;
    this.#cgroup = cgroup;
    this.#readLimits();
  }

  sample(elapsedMs: number): void {
    if (!((this.#untilLimitsMs -= elapsedMs) > 0)) {
      this.#untilLimitsMs = LIMITS_EVERY_MS;
      this.#readLimits();
    }
    const rss = this.#sources.rss();
    const used = (this.#limit && this.#cgroup.workingSet(this.#limit)) ?? rss;
    this.#usage.value = rss;
    this.#usage.saturation = saturation(ratio(used, this.#limit?.value ?? this.#hostBytes));
    const { used_heap_size: heap, heap_size_limit: heapLimit } = this.#sources.heap();
    this.#heap.value = heap;
    this.#heap.saturation = saturation(ratio(heap, heapLimit));
  }

  stop(): void {}

  #readLimits(): void {
    this.#hostBytes = this.#sources.totalMemory();
    this.#limit = this.#cgroup.memoryLimit(this.#hostBytes);
  }
}
