const HALF_LIFE_MS = 12 * 3_600_000;
/** A value counts for this long at most: a gap says nothing. */
const LONGEST_STEP_MS = 300_000;
/** Values further from what was expected than this factor count as that far. */
const FARTHEST = 4;

/** What has become of the level since its season was learned. */
export interface Shift {
  readonly factor: number;
  readonly offset: number;
}

/**
 * How far values have lately been from what weeks have taught, by halves of 12 hours: so a lasting change of
 * level is taken up within a day, and an incident of an hour is not. In proportion for series that are
 * hardly ever zero, else by a fixed amount.
 */
export class Drift {
  /** Decayed means of values, and of what was expected; both grow from zero, and `#weight` to one. */
  #value = 0;
  #expected = 0;
  #weight = 0;
  #lastMs = Number.NaN;

  /** @param trust - 0 … 1, how well the hour is known; what is not known cannot be departed from */
  observe(value: number, expected: number, deviation: number, trust: number, timeMs: number): void {
    const elapsed = timeMs - this.#lastMs;
    this.#lastMs = timeMs;
    if (!(elapsed > 0)) return;
    const share = trust * (1 - 0.5 ** (Math.min(elapsed, LONGEST_STEP_MS) / HALF_LIFE_MS));
    const limit = FARTHEST * (Math.abs(expected) + deviation);
    const apart = Math.max(-limit, Math.min(limit, value - expected));
    this.#value += share * (expected + apart - this.#value);
    this.#expected += share * (expected - this.#expected);
    this.#weight += share * (1 - this.#weight);
  }

  /** @param inProportion - the series is hardly ever zero */
  shift(inProportion: boolean): Shift {
    if (!inProportion) return { factor: 1, offset: this.#value - this.#expected };
    const ratio = this.#value / this.#expected;
    return { factor: ratio > 0 ? 1 + this.#weight * (ratio - 1) : 1, offset: 0 };
  }

  save(): readonly number[] {
    return [this.#value, this.#expected, this.#weight];
  }

  restore(saved: readonly number[]): void {
    [this.#value = 0, this.#expected = 0, this.#weight = 0] = saved;
  }
}
