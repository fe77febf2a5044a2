import { Devices } from "./devices.js";
import type { Probe, Reading } from "./probe.js";
import { level } from "./reading.js";
import type { Sources } from "./sources.js";

function makeType(type: string) {
  const active = level(
    "v8js.resource.active",
    "{resource}",
    "Resources that keep the event loop alive, by type.",
    { "v8js.resource.type": type },
  );
  return { active, all: [active] };
}

/** Handles, requests and timers that keep the loop alive. Some 0.1 µs each, so it is done seldom. */
export class ResourcesProbe implements Probe {
  readonly name = "resources";
  readonly stepMs = 10_000;
  readonly readings: Reading[] = [];
  readonly #types = new Devices(this.readings, makeType);
  readonly #sources: Sources;

  constructor(sources: Sources) {
    this.#sources = sources;
  }

  sample(): void {
    const counts = new Map<string, number>();
    for (const type of this.#sources.activeResources()) {
      counts.set(type, (counts.get(type) ?? 0) + 1);
    }
    for (const [type, count] of counts) {
      const known = this.#types.see(type);
      if (known !== undefined) known.active.value = count;
    }
    this.#types.settle();
  }
}
