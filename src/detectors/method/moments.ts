/** Deviations from the mean beyond which a value counts as if it were so far away. */
const CLIP = 5;
/** Values before which nothing is clipped: of fewer a deviation says little. */
const CLIP_FROM = 10;

/**
 * Mean and deviation of the last values, by exponential forgetting; values far out are pulled in, so
 * that a spike moves little and a lasting change is learned nevertheless. 24 bytes.
 */
export class Moments {
  count = 0;
  mean = 0;
  variance = 0;
  readonly #span: number;

  /** @param span - values the memory reaches back, about */
  constructor(span: number) {
    this.#span = span;
  }

  /** Weight of the value learned last. */
  protected get rate(): number {
    return Math.max(1 / this.count, 1 / this.#span);
  }

  get deviation(): number {
    return floored(Math.sqrt(this.variance), this.mean);
  }

  learn(value: number): void {
    this.count++;
    const { rate } = this;
    let off = value - this.mean;
    if (this.count > CLIP_FROM && this.variance > 0) {
      const most = CLIP * Math.sqrt(this.variance);
      off = Math.min(most, Math.max(-most, off));
    }
    this.mean += rate * off;
    this.variance = (1 - rate) * (this.variance + rate * off * off);
  }
}

/** Share of a level up to which a distance is a rounding error: 0.1 + 0.2 is no deviation from 0.3. */
const EXACT = 1e-9;

/** Nothing is more regular than arithmetic is exact. */
export function floored(deviation: number, level: number): number {
  return Math.max(deviation, Math.abs(level) * EXACT);
}

/** A distance from a level, 0 when it is a rounding error. */
export function rounded(distance: number, level: number): number {
  return Math.abs(distance) <= Math.abs(level) * EXACT ? 0 : distance;
}

/**
 * Moments of a series whose neighbours may be alike. Sums of such values wander farther than sums of
 * independent ones: `wander` is the deviation that independent values would have whose sums wander as far.
 * @see Johnson and Bagshaw 1974, The effect of serial correlation on the performance of CUSUM tests
 */
export class SerialMoments extends Moments {
  previous = 0;
  covariance = 0;

  get wander(): number {
    const likeness = this.variance > 0 ? this.covariance / this.variance : 0;
    const phi = Math.min(0.98, Math.max(0, likeness));
    return this.deviation * Math.sqrt((1 + phi) / (1 - phi));
  }

  override learn(value: number): void {
    const before = this.mean;
    super.learn(value);
    const most = CLIP * Math.sqrt(this.variance);
    const off = Math.min(most, Math.max(-most, value - before));
    this.covariance += this.rate * (off * this.previous - this.covariance);
    this.previous = off;
  }
}
