import { countsIn } from "./saved.js";

const SLOT_MS = 10_000;
const SLOTS = 360;

/** Counts over the last hour of monotonic time, to 10 s: the oldest slot counts until it is over an hour old. */
export class LastHour {
  readonly #counts = new Float64Array(SLOTS + 1);
  #slot = Number.NaN;

  add(nowMs: number, count = 1): void {
    this.#move(nowMs);
    this.#counts[this.#slot % this.#counts.length] += count;
  }

  total(nowMs: number): number {
    this.#move(nowMs);
    return this.#counts.reduce((sum, count) => sum + count, 0);
  }

  /** `[slots ago, count]` of each slot that counts. */
  save(nowMs: number): [age: number, count: number][] {
    this.#move(nowMs);
    const ages = Array.from(this.#counts, (_, age): [number, number] => [age, this.#at(age)]);
    return ages.filter(([, count]) => count > 0);
  }

  /** Adds what was saved `passedMs` ago, as far as it is of the last hour. */
  restore(saved: readonly unknown[], nowMs: number, passedMs: number): void {
    this.#move(nowMs);
    const passed = Math.ceil(passedMs / SLOT_MS);
    for (const [age, count] of saved
      .slice(0, this.#counts.length)
      .map((each) => countsIn(each, 2))) {
      const ago = (age ?? 0) + passed;
      // A clock that began just now has no slots of an hour ago: theirs are those it will come to last.
      if (ago < this.#counts.length) this.#counts[this.#index(ago)] += count ?? 0;
    }
  }

  #at(age: number): number {
    return this.#counts[this.#index(age)] as number;
  }

  #index(age: number): number {
    const { length } = this.#counts;
    return (((this.#slot - age) % length) + length) % length;
  }

  #move(nowMs: number): void {
    const slot = Math.max(0, Math.floor(nowMs / SLOT_MS));
    const { length } = this.#counts;
    const passed = Number.isNaN(this.#slot) ? length : Math.max(0, slot - this.#slot);
    for (let back = 0; back < Math.min(passed, length); back++) {
      this.#counts[(slot - back) % length] = 0;
    }
    if (passed > 0) this.#slot = slot;
  }
}
