/**
 * Two sums over the last few windows: what happened, and of how many or against what. Few events a
 * window add up to evidence; weights are such that the sums are counts of as many events as they tell of.
 */
export class Pool {
  happened = 0;
  against = 0;
  readonly #kept: number;

  /** @param kept - what is left of a window in the next one: 0.8 pools five, about */
  constructor(kept: number) {
    this.#kept = kept;
  }

  /** The sums with one more window. */
  with(happened: number, against: number): readonly [number, number] {
    const kept = this.#kept;
    // Of sums so weighted, variance ÷ mean is 1/(1 + kept), where that of each window is 1.
    return [
      (kept * this.happened + happened) * (1 + kept),
      (kept * this.against + against) * (1 + kept),
    ];
  }

  learn(happened: number, against: number): void {
    this.happened = this.#kept * this.happened + happened;
    this.against = this.#kept * this.against + against;
  }

  clear(): void {
    this.happened = 0;
    this.against = 0;
  }
}
