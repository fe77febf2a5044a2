import { isNearClockChange } from "./calendar.js";

/** What is known of the hour before and after must be wrong by so much less than that of the hour itself. */
const CLEARLY = 0.7;
/** Evidence that it takes, in ms of values: a whole day, for on one slope of it a change of level looks alike. */
const EVIDENCE_MS = 24 * 3_600_000;
const LONGEST_STEP_MS = 300_000;
const FARTHEST_HOURS = 3;
const SHIFTS = [-1, 0, 1] as const;

/**
 * Follows people's clocks: when they are put forward, what used to happen at 8 UTC happens at 7.
 *
 * Around the days on which clocks change somewhere, it compares each value with what its hour, the one
 * before and the one after used to be; where a neighbour has been clearly nearer for a day, all hours move by
 * one. Until then a range has room for all three.
 */
export class Phase {
  /** Hours to add to a time before its slot is looked up. */
  hours = 0;
  /** Whether clocks may just have changed, and it is not yet known whether these did. */
  isOpen = false;
  #hour = Number.NaN;
  #isSettled = false;
  #lastMs = Number.NaN;
  #evidenceMs = 0;
  readonly #errors: [number, number, number] = [0, 0, 0];

  /** @param expectedAt - what weeks have taught of a time so many hours away; NaN where they have not */
  observe(
    value: number,
    timeMs: number,
    hour: number,
    expectedAt: (shift: number) => number,
  ): void {
    this.#look(timeMs, hour);
    const elapsed = timeMs - this.#lastMs;
    this.#lastMs = timeMs;
    if (!this.isOpen || !(elapsed > 0)) return;
    const weight = Math.min(elapsed, LONGEST_STEP_MS);
    const expected = SHIFTS.map(expectedAt);
    // Each hour counts the same, whatever its size.
    const size = expected.reduce((sum, each) => sum + Math.abs(each), 0);
    if (!(size > 0)) return;
    for (const [at, each] of expected.entries()) {
      this.#errors[at as 0 | 1 | 2] += (weight * Math.abs(value - each)) / size;
    }
    this.#evidenceMs += weight;
    if (this.#evidenceMs >= EVIDENCE_MS) this.#decide();
  }

  save(): number {
    return this.hours;
  }

  restore(hours: number): void {
    this.hours = hours;
  }

  #look(timeMs: number, hour: number): void {
    if (hour === this.#hour) return;
    this.#hour = hour;
    const isNear = isNearClockChange(timeMs);
    if (!isNear) {
      this.#isSettled = false;
      this.#forget();
    }
    this.isOpen = isNear && !this.#isSettled;
  }

  #decide(): void {
    const [before, same, after] = this.#errors;
    this.#forget();
    if (Math.min(before, after) >= CLEARLY * same) return;
    const hours = this.hours + (before < after ? -1 : 1);
    if (Math.abs(hours) <= FARTHEST_HOURS) this.hours = hours;
    this.#isSettled = true;
    this.isOpen = false;
  }

  #forget(): void {
    this.#errors.fill(0);
    this.#evidenceMs = 0;
  }
}
