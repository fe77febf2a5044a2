import { Devices } from "./devices.js";
import type { Reading } from "./probe.js";
import { addsUp, level } from "./reading.js";
import type { Sources } from "./sources.js";

function makeSpace(name: string) {
  const of = (metric: string, description: string) =>
    addsUp(level(metric, "By", description, { "v8js.heap.space.name": name }));
  const used = of("v8js.memory.heap.used", "Heap memory in use.");
  const size = of("v8js.memory.heap.space.size", "Heap memory set aside for a space.");
  const available = of("v8js.memory.heap.space.available_size", "Heap memory free in a space.");
  const physical = of("v8js.memory.heap.space.physical_size", "Heap memory committed to a space.");
  return { used, size, available, physical, all: [used, size, available, physical] };
}

/** The spaces of V8's heap that hold something. None has a limit of its own; the whole heap has. */
export class HeapSpaces {
  readonly #spaces: Devices<ReturnType<typeof makeSpace>>;

  constructor(
    readings: Reading[],
    private readonly statistics: Sources["heapSpaces"],
  ) {
    this.#spaces = new Devices(readings, makeSpace);
  }

  read(): void {
    for (const statistics of this.statistics()) {
      if (statistics.space_size === 0) continue;
      const space = this.#spaces.see(statistics.space_name);
      if (space === undefined) continue;
      space.used.value = statistics.space_used_size;
      space.size.value = statistics.space_size;
      space.available.value = statistics.space_available_size;
      space.physical.value = statistics.physical_space_size;
    }
    this.#spaces.settle();
  }
}
