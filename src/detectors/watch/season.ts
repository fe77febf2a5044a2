import { DAY, HOUR } from "./decay.js";
import { numbersOf } from "./finding.js";

const SLOT = HOUR / 2;
const SLOTS = DAY / SLOT;

/** The wall clock as seasons see it: half hours of the day (UTC), workdays and weekends apart. */
function slotOf(timeMs: number): number {
  const weekday = Math.floor(timeMs / DAY + 4) % 7;
  const isWeekend = weekday === 0 || weekday === 6;
  return (isWeekend ? SLOTS : 0) + Math.floor((timeMs % DAY) / SLOT);
}

/** The level that is usual at a time of the day; NaN where it has not been seen on an earlier day. */
export class Season {
  readonly #level = new Float64Array(2 * SLOTS).fill(Number.NaN);
  #slot = -1;
  #timeMs = Number.NaN;
  #sum = 0;
  #count = 0;

  /** Of the first weekend: this hour is known of workdays only, or the other way round. */
  isOfOtherDays(timeMs: number): boolean {
    return Number.isNaN(this.#level[slotOf(timeMs)]) && !Number.isNaN(this.#levelAt(timeMs));
  }

  /** The lowest of what is usual within an hour of now: clocks are set, and mornings come late. */
  lowestAround(timeMs: number): number {
    let lowest = Number.NaN;
    for (let away = -2; away <= 2; away++) {
      const level = this.#levelAt(timeMs + away * SLOT);
      if (!(level >= lowest)) lowest = Number.isNaN(level) ? lowest : level;
    }
    return lowest;
  }

  /** In the first weekend as on a workday, and the other way round. */
  #levelAt(timeMs: number): number {
    const slot = slotOf(timeMs);
    const level = this.#level[slot] as number;
    return Number.isNaN(level) ? (this.#level[(slot + SLOTS) % (2 * SLOTS)] as number) : level;
  }

  learn(timeMs: number, value: number): void {
    const slot = slotOf(timeMs);
    if (slot !== this.#slot) {
      this.#close();
      // Not seen at all for hours: idle, and nothing came.
      const missed = Math.min(2 * SLOTS, Math.floor((timeMs - this.#timeMs) / SLOT));
      for (let back = missed; back > 0; back--) this.#blend(slotOf(timeMs - back * SLOT), 0);
      this.#slot = slot;
    }
    this.#timeMs = timeMs;
    this.#sum += value;
    this.#count++;
  }

  save(): unknown {
    return Array.from(this.#level, (level) => (Number.isNaN(level) ? -1 : level));
  }

  restore(state: unknown): void {
    const numbers = numbersOf(state, 2 * SLOTS);
    numbers?.forEach((level, slot) => {
      this.#level[slot] = level < 0 ? Number.NaN : level;
    });
  }

  #close(): void {
    if (this.#count > 0) this.#blend(this.#slot, this.#sum / this.#count);
    this.#sum = 0;
    this.#count = 0;
  }

  #blend(slot: number, mean: number): void {
    const before = this.#level[slot] as number;
    this.#level[slot] = Number.isNaN(before) ? mean : before + 0.3 * (mean - before);
  }
}
