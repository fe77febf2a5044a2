/** Share of values above the level from which the tail is extrapolated. */
const SHARE = 0.05;
const AT_LEVEL = -Math.log(SHARE);
/** Slope of the tail of normal deviates there, and how many values that guess is worth. */
const NORMAL_SLOPE = 0.16;
const GUESS = 10;
/** The tail is never taken to be steeper: what is bounded is so only until it is not. */
const LEAST_SLOPE = 0.08;
/** Values, and exceedances among them, that the memory reaches back. */
const MEMORY = 1000;
const EXCEEDANCES = 100;
/** Slopes that one value counts for at most. */
const FARTHEST = 5;
/** The level starts as the largest of so many, but as no more than so many times their median. */
const START = 20;
const HIGHEST_START = 5;
/** Values without an exceedance from which on the level falls the faster the longer that lasts. */
const QUIET = 100;
/** Beyond the largest so far a tail is never taken to be flatter; and by how much that fades a value. */
const RECORD_SLOPE = 0.25;
const FADING = Math.exp(-RECORD_SLOPE / MEMORY);
/** Times the largest so far that one value may make it. */
const MOST_AT_ONCE = 3;

/**
 * How improbable a value of a statistic is among those the same series has brought: beyond the level that
 * one value in twenty exceeds, the logarithm is taken to fall off exponentially (Pareto's tail), with
 * the slope of the values seen there. So a statistic with a heavy tail has its alarm farther out, and a
 * single extreme moves the estimate by its logarithm only. Beyond the largest value so far a tail is no
 * heavier than that: where all extremes are of one kind, one that is much larger is another.
 *
 * For statistics that are 0 or more, in any unit. 200 bytes; 50 ns a value.
 * @see Hill 1975, A simple general approach to inference about the tail of a distribution
 * @see Robbins and Monro 1951, for the level: steps of optimal size follow from the slope
 */
export class Tail {
  count = 0;
  level = 0;
  slope = NORMAL_SLOPE;
  exceedances = 0;
  /** Values above 0 since the last exceedance. */
  quiet = 0;
  /** The largest so far, fading. */
  record = 0;
  /** The first values. */
  readonly first = new Float64Array(START);

  /** −ln of the probability of a value as large. */
  surprise(value: number): number {
    if (!(value > 0)) return 0;
    // Not one of so many was above 0: the rule of succession, squared for want of a scale.
    if (this.level === 0) return 2 * Math.log(this.count + 2);
    if (value <= this.level) return AT_LEVEL * (value / this.level);
    const byTail = AT_LEVEL + Math.log(value / this.level) / this.slope;
    if (value <= this.record) return byTail;
    return Math.max(byTail, this.#atRecord + Math.log(value / this.record) / RECORD_SLOPE);
  }

  /** The value that is as improbable as that. */
  valueAt(surprise: number): number {
    if (surprise <= AT_LEVEL) return (this.level * surprise) / AT_LEVEL;
    const byTail = this.level * Math.exp((surprise - AT_LEVEL) * this.slope);
    const beyond = Math.max(0, surprise - this.#atRecord) * RECORD_SLOPE;
    return Math.min(byTail, Math.max(this.level, this.record * Math.exp(beyond)));
  }

  learn(value: number): void {
    this.count++;
    this.record *= FADING;
    if (value > this.record) this.record = Math.min(value, MOST_AT_ONCE * this.record || value);
    if (this.count <= START) {
      this.#begin(value);
      return;
    }
    if (this.level === 0) {
      if (value > 0) this.level = value;
      return;
    }
    const rate = Math.max(1 / this.count, 1 / MEMORY);
    if (!(value > this.level)) {
      if (value > 0) this.quiet++;
      this.level *= Math.exp(-rate * this.slope * Math.max(1, this.quiet / QUIET));
      return;
    }
    this.quiet = 0;
    this.exceedances++;
    const excess = Math.min(Math.log(value / this.level), FARTHEST * this.slope);
    const weight = 1 / Math.min(this.exceedances + GUESS, EXCEEDANCES);
    this.slope = Math.max(LEAST_SLOPE, this.slope + weight * (excess - this.slope));
    this.level *= Math.exp((rate * this.slope * (1 - SHARE)) / SHARE);
  }

  #begin(value: number): void {
    this.first[this.count - 1] = Number.isNaN(value) ? 0 : value;
    const known = this.first.slice(0, this.count).sort();
    const largest = known[known.length - 1];
    this.level = Math.min(largest, HIGHEST_START * known[known.length >> 1] || largest);
  }

  /** A new largest value comes once in as many as were seen. */
  get #atRecord(): number {
    return Math.log(1 + Math.min(this.count, MEMORY));
  }
}
