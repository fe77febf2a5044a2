import type { Reading } from "./probe.js";
import { silence } from "./reading.js";

/** Most devices of one kind; more say nothing a mean would not. */
export const MAX_DEVICES = 16;

/**
 * Things that come and go: disks, interfaces, heap spaces, GPUs.
 *
 * Each gets its readings when it is first seen, appended to those of its probe; while it is away its
 * gauges are silent and its counters stand. What comes beyond the limit is left out.
 */
export class Devices<T extends { readonly all: readonly Reading[] }> {
  readonly #known = new Map<string, { readonly device: T; isSeen: boolean }>();

  constructor(
    private readonly readings: Reading[],
    private readonly make: (name: string) => T,
    private readonly limit = MAX_DEVICES,
  ) {}

  /** The device of that name, which is there this time. */
  see(name: string): T | undefined {
    let known = this.#known.get(name);
    if (known === undefined) {
      if (this.#known.size >= this.limit) return undefined;
      known = { device: this.make(name), isSeen: true };
      this.#known.set(name, known);
      this.readings.push(...known.device.all);
    }
    known.isSeen = true;
    return known.device;
  }

  /** Silences those that were not seen since the last time. */
  settle(): void {
    for (const known of this.#known.values()) {
      if (!known.isSeen) for (const reading of known.device.all) silence(reading);
      known.isSeen = false;
    }
  }
}
