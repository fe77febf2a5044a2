/**
 * Two sums over the last few windows: what happened, and of how many or against what. Few events a
 * window add up to evidence; the sums are counts of as many independent events as they tell of.
 */
export class Pool {
  happened = 0;
  against = 0;
  /** Sums of the weights of windows, and of their squares. */
  weight = 0;
  squares = 0;
  readonly #kept: number;

  /** @param kept - what is left of a window in the next one: 0.8 pools five, about */
  constructor(kept: number) {
    this.#kept = kept;
  }

  /** The sums with one more window. */
  with(happened: number, against: number): readonly [number, number] {
    const kept = this.#kept;
    // Of a sum so weighted, variance is this share of what it would be of as many independent events.
    const scale = (kept * this.weight + 1) / (kept * kept * this.squares + 1);
    return [(kept * this.happened + happened) * scale, (kept * this.against + against) * scale];
  }

  learn(happened: number, against: number): void {
    const kept = this.#kept;
    this.happened = kept * this.happened + happened;
    this.against = kept * this.against + against;
    this.weight = kept * this.weight + 1;
    this.squares = kept * kept * this.squares + 1;
  }

  clear(): void {
    this.happened = 0;
    this.against = 0;
    this.weight = 0;
    this.squares = 0;
  }
}
