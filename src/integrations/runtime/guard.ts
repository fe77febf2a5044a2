import type { Probe, Reading } from "./probe.js";

/**
 * A probe that cannot fail: none where it cannot be made, silent where the platform fails it later.
 *
 * After a failure gauges have nothing to say; counters keep their last total.
 */
export function guarded(make: () => Probe): Probe[] {
  try {
    return [new GuardedProbe(make())];
  } catch {
    return [];
  }
}

class GuardedProbe implements Probe {
  readonly name: string;
  readonly readings: readonly Reading[];
  readonly #probe: Probe;
  #stopped = false;

  constructor(probe: Probe) {
    this.#probe = probe;
    this.name = probe.name;
    this.readings = probe.readings;
  }

  sample(elapsedMs: number): void {
    if (this.#stopped) return;
    try {
      this.#probe.sample(elapsedMs);
    } catch {
      for (const reading of this.readings) {
        if (reading.kind === "gauge") reading.value = Number.NaN;
        reading.saturation = undefined;
      }
    }
  }

  stop(): void {
    if (this.#stopped) return;
    this.#stopped = true;
    try {
      this.#probe.stop();
    } catch {
      // Nothing is left to release.
    }
  }
}
