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
  #sum = 0;
  #count = 0;

  /** The lowest of what is usual within an hour of now: clocks are set, and mornings come late. */
  lowestAround(timeMs: number): number {
    let lowest = Number.NaN;
    for (let away = -2; away <= 2; away++) {
      const level = this.#level[slotOf(timeMs + away * SLOT)] as number;
      if (!(level >= lowest)) lowest = Number.isNaN(level) ? lowest : level;
    }
    return lowest;
  }

  learn(timeMs: number, value: number): void {
    const slot = slotOf(timeMs);
    if (slot !== this.#slot) {
      this.#close();
      this.#slot = slot;
    }
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
    if (this.#count > 0) {
      const mean = this.#sum / this.#count;
      const before = this.#level[this.#slot] as number;
      this.#level[this.#slot] = Number.isNaN(before) ? mean : before + 0.3 * (mean - before);
    }
    this.#sum = 0;
    this.#count = 0;
  }
}
