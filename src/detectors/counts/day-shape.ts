import { placeIn } from "../method/season.js";

const DAY_MS = 86_400_000;
/** How fast a slot follows what the last day brought. */
const FOLLOW = 0.3;

/** What is usual by time of day: a mean for each slot, and between their middles a straight line. */
export class DayShape {
  readonly means: Float64Array;
  /** The open slot, and the sum and number of its values. */
  slot = -1;
  sum = 0;
  count = 0;

  constructor(slots: number) {
    this.means = new Float64Array(slots).fill(Number.NaN);
  }

  /** NaN where no day has brought anything. */
  at(timeMs: number): number {
    const { means } = this;
    const slots = means.length;
    const place = this.#place(timeMs);
    const slot = Math.floor(place) % slots;
    const own = means[slot];
    const past = (place % 1) - 0.5;
    const next = means[(slot + Math.sign(past) + slots) % slots];
    return Number.isNaN(next) ? own : own + Math.abs(past) * (next - own);
  }

  learn(value: number, timeMs: number): void {
    const slot = Math.floor(this.#place(timeMs)) % this.means.length;
    if (slot !== this.slot) {
      if (this.count > 0) {
        const mean = this.sum / this.count;
        const old = this.means[this.slot];
        this.means[this.slot] = Number.isNaN(old) ? mean : old + FOLLOW * (mean - old);
      }
      this.slot = slot;
      this.sum = 0;
      this.count = 0;
    }
    this.sum += value;
    this.count++;
  }

  /** Slot with a fraction. */
  #place(timeMs: number): number {
    return placeIn(DAY_MS, this.means.length, timeMs);
  }
}
