import type { Reading } from "./probe.js";
import { silence } from "./reading.js";

/** Most devices of one kind; more say nothing a mean would not. */
export const MAX_DEVICES = 16;

interface Place<T> {
  readonly device: T;
  isSeen: boolean;
  /** Settlings in a row at which it was away. */
  absences: number;
}

/**
 * Things that come and go: disks, interfaces, heap spaces, GPUs.
 *
 * Each gets its readings when it is first seen, appended to those of its probe; while it is away its
 * gauges are silent and its counters stand. At the limit a newcomer takes the place of the one that
 * has been away longest, readings and all; where none is away it is left out.
 */
export class Devices<T extends { readonly all: readonly Reading[] }> {
  readonly #places = new Map<string, Place<T>>();

  constructor(
    private readonly readings: Reading[],
    private readonly make: (name: string) => T,
    private readonly limit = MAX_DEVICES,
  ) {}

  /** The device of that name, which is there this time. */
  see(name: string): T | undefined {
    const place = this.#places.get(name) ?? this.#admit(name);
    if (place === undefined) return undefined;
    place.isSeen = true;
    return place.device;
  }

  /** Silences those that were not seen since the last time. @returns how many were */
  settle(): number {
    let seen = 0;
    for (const place of this.#places.values()) {
      if (place.isSeen) {
        seen++;
        place.absences = 0;
      } else {
        place.absences++;
        for (const reading of place.device.all) silence(reading);
      }
      place.isSeen = false;
    }
    return seen;
  }

  /** All of them are away: nobody tells of them any more. */
  lose(): void {
    for (const place of this.#places.values()) place.isSeen = false;
    this.settle();
  }

  #admit(name: string): Place<T> | undefined {
    if (this.#places.size >= this.limit && !this.#release()) return undefined;
    const place = { device: this.make(name), isSeen: true, absences: 0 };
    this.#places.set(name, place);
    this.readings.push(...place.device.all);
    return place;
  }

  /** Frees the place of the device that has been away longest. @returns whether one is away */
  #release(): boolean {
    let longest: string | undefined;
    let absences = 0;
    for (const [name, place] of this.#places) {
      if (place.isSeen || place.absences <= absences) continue;
      longest = name;
      absences = place.absences;
    }
    const place = longest === undefined ? undefined : this.#places.get(longest);
    if (longest === undefined || place === undefined) return false;
    this.#places.delete(longest);
    const { all } = place.device;
    // They were appended together, and nothing is ever put between.
    this.readings.splice(this.readings.indexOf(all[0]), all.length);
    return true;
  }
}
