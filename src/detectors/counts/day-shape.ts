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
    const slot = Math.floor(place);
    const own = means[slot];
    const past = place - slot - 0.5;
    const next = means[(slot + Math.sign(past) + slots) % slots];
    return Number.isNaN(next) ? own : own + Math.abs(past) * (next - own);
  }

  learn(value: number, timeMs: number): void {
    const slot = Math.floor(this.#place(timeMs));
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

  /** Slot with a fraction, 0 … slots. */
  #place(timeMs: number): number {
    const phase = (timeMs / DAY_MS) % 1;
    const { length } = this.means;
    return Math.min(length - 1e-6, (phase < 0 ? phase + 1 : phase) * length);
  }
}
