/** What is left of a window in the next one: five of them are pooled, about. */
const KEPT = 0.8;
/** Of sums so weighted, variance ÷ mean is this, where that of each window is 1. */
const PER_COUNT = 1 / (1 + KEPT);

/**
 * Two sums over the last few windows: what happened, and of how many or against what. Few events a
 * window add up to evidence; weights are such that the sums are counts of as many events as they tell of.
 */
export class Pool {
  happened = 0;
  against = 0;

  /** The sums with one more window. */
  with(happened: number, against: number): readonly [number, number] {
    return [
      (KEPT * this.happened + happened) / PER_COUNT,
      (KEPT * this.against + against) / PER_COUNT,
    ];
  }

  learn(happened: number, against: number): void {
    this.happened = KEPT * this.happened + happened;
    this.against = KEPT * this.against + against;
  }
}
