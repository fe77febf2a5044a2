import type { Reading } from "./probe.js";

/**
 * Follows a source that counts up and may begin anew (a disk replaced, an interface made again), so
 * that the counter goes on from where it was.
 */
export class RunningTotal {
  #last: number | undefined;

  constructor(readonly reading: Reading) {}

  /** @returns what was added since the last time; NaN the first time, when nobody knows since when */
  advance(source: number): number {
    if (!(source >= 0)) return Number.NaN;
    const last = this.#last;
    const added = last !== undefined && source >= last ? source - last : source;
    this.#last = source;
    this.reading.value += added;
    return last === undefined ? Number.NaN : added;
  }
}
