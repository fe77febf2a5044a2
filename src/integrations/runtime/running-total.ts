import type { Reading } from "./probe.js";
import { advance, ratio } from "./reading.js";

/** A counter's reading, and how fast its source counts. */
export class RunningTotal {
  #atMs = Number.NaN;

  constructor(readonly reading: Reading) {}

  /**
   * Takes the source's total.
   *
   * @param atMs - elapsed ms added up; while no total comes they go on, so that what is told after a
   * gap is the rate of the whole gap
   * @returns growth per second; NaN the first time and where the total shrank
   */
  advance(total: number, atMs: number): number {
    if (!(total >= 0)) return Number.NaN;
    const seconds = (atMs - this.#atMs) / 1e3;
    this.#atMs = atMs;
    return ratio(advance(this.reading, total), seconds);
  }

  /** What comes next is another source. */
  forget(): void {
    this.reading.value = Number.NaN;
  }
}
