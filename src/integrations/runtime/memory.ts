import { type Cgroup, LIMITS_EVERY_MS, type Limit } from "./cgroup.js";
import { Countdown } from "./countdown.js";
import { HeapSpaces } from "./heap-spaces.js";
import type { Probe, Reading } from "./probe.js";
import { addsUp, gauge, level, ratio, saturation, setOf, setShare, silence } from "./reading.js";
import type { Sources } from "./sources.js";

/** Memory of the process against its control group's limit, else the host's; the heap against V8's. */
export class MemoryProbe implements Probe {
  readonly name = "memory";
  readonly #usage = addsUp(
    gauge(
      "process.memory.usage",
      "By",
      "Physical memory in use (resident set); saturation is the control group's working set by its limit.",
    ),
  );
  readonly #workingSet = addsUp(
    gauge(
      "container.memory.working_set",
      "By",
      "What the control group cannot easily give back; only under a limit.",
    ),
  );
  readonly #heap = gauge(
    "auspex.heap.utilization",
    "1",
    "Heap in use, all spaces, of the most V8 will take.",
  );
  readonly #external = addsUp(
    level(
      "auspex.memory.external",
      "By",
      "Memory outside the heap that its objects hold, array buffers included.",
    ),
  );
  readonly #arrayBuffers = addsUp(
    level("auspex.memory.array_buffers", "By", "Memory of array buffers, Node's buffers included."),
  );
  readonly readings: Reading[] = [
    this.#usage,
    this.#workingSet,
    this.#heap,
    this.#external,
    this.#arrayBuffers,
  ];

  readonly #sources: Sources;
  readonly #cgroup: Cgroup;
  readonly #limits = new Countdown(LIMITS_EVERY_MS);
  readonly #spaces: HeapSpaces;
  #limit: Limit | undefined;
  #hostBytes = Number.NaN;

  constructor(sources: Sources, cgroup: Cgroup) {
    this.#sources = sources;
    this.#cgroup = cgroup;
    this.#spaces = new HeapSpaces(this.readings, () => sources.heapSpaces());
    this.#readLimits();
  }

  sample(elapsedMs: number): void {
    if (this.#limits.isDue(elapsedMs)) this.#readLimits();
    const { rss, external, arrayBuffers } = this.#sources.memoryUsage();
    const workingSet = this.#limit && this.#cgroup.workingSet(this.#limit);
    const limit = this.#limit?.value ?? this.#hostBytes;
    this.#usage.value = rss;
    this.#usage.saturation = saturation(ratio(workingSet ?? rss, limit));
    if (workingSet === undefined) silence(this.#workingSet);
    else setOf(this.#workingSet, workingSet, limit);
    this.#external.value = external;
    this.#arrayBuffers.value = arrayBuffers;
    const heap = this.#sources.heap();
    setShare(this.#heap, ratio(heap.used_heap_size, heap.heap_size_limit));
    this.#spaces.read();
  }

  #readLimits(): void {
    this.#hostBytes = this.#sources.totalMemory();
    this.#limit = this.#cgroup.memoryLimit(this.#hostBytes);
  }
}
