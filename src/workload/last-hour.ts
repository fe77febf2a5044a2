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
