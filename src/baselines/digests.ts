/** Weights below this have been forgotten. */
const FORGOTTEN = 0.01;
/** Values farther than so many times the middle half from it are outliers. @see Tukey 1977 */
const FENCE = 1.5;

/** What is usual: outliers are left out. NaN where nothing is known. */
export interface Usual {
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly mean: number;
  readonly deviation: number;
  /** Values it stands for, the old ones by what they still weigh. */
  readonly samples: number;
}

/** Values between these are no outliers. */
export interface Fences {
  readonly lower: number;
  readonly upper: number;
}

/**
 * Several distributions in one stretch of memory, each as centroids (mean and weight) in order: exact until
 * there are more different values than centroids, then finer at the tails than in the middle.
 *
 * A weight below zero is that of a centroid that different values have become; the others are of one value
 * each, however often it came.
 *
 * @see Dunning & Ertl 2019, "Computing Extremely Accurate Quantiles Using t-Digests": the scale k₁ says here
 *   which two neighbours become one
 */
export class Digests {
  readonly #data: Float32Array;
  readonly #size: number;
  readonly #means: Float64Array;
  readonly #weights: Float64Array;

  /** @param data - 2 × `size` floats a distribution; kept, and written to @param size - most centroids */
  constructor(data: Float32Array, size: number) {
    this.#data = data;
    this.#size = size;
    // One more than fits: the new value, before two become one.
    this.#means = new Float64Array(size + 1);
    this.#weights = new Float64Array(size + 1);
  }

  /** @param weight - below zero for a centroid of different values */
  add(which: number, value: number, weight = 1): void {
    const used = this.#read(which);
    const means = this.#means;
    const weights = this.#weights;
    const rounded = Math.fround(value);
    let at = 0;
    while (at < used && (means[at] as number) < rounded) at++;
    if (at < used && means[at] === rounded) {
      const isOne = weight > 0 && (weights[at] as number) > 0;
      const both = Math.abs(weight) + this.#weight(at);
      weights[at] = isOne ? both : -both;
      this.#write(which, used);
      return;
    }
    means.copyWithin(at + 1, at, used);
    weights.copyWithin(at + 1, at, used);
    means[at] = rounded;
    weights[at] = weight;
    this.#write(which, used < this.#size ? used + 1 : this.#joinNearest(used + 1));
  }

  /** Takes in all that another knows. */
  addAll(which: number, from: Digests, ofFrom: number): void {
    const used = from.#read(ofFrom);
    const means = from.#means.slice(0, used);
    const weights = from.#weights.slice(0, used);
    for (const [at, mean] of means.entries()) this.add(which, mean, weights[at] as number);
  }

  /** Lets what is known weigh less. */
  fade(which: number, factor: number): void {
    const used = this.#read(which);
    let kept = 0;
    for (let i = 0; i < used; i++) {
      const weight = (this.#weights[i] as number) * factor;
      if (Math.abs(weight) < FORGOTTEN) continue;
      this.#means[kept] = this.#means[i] as number;
      this.#weights[kept++] = weight;
    }
    this.#write(which, kept);
  }

  clear(which: number): void {
    this.#write(which, 0);
  }

  quantile(which: number, q: number): number {
    return this.#quantile(0, this.#read(which), q);
  }

  /** Where outliers begin; no value is one where the middle half is all the same. */
  fences(which: number): Fences {
    return this.#fences(this.#read(which));
  }

  usual(which: number): Usual {
    const used = this.#read(which);
    const { lower, upper } = this.#fences(used);
    let from = 0;
    let to = used;
    while (from < to && (this.#means[from] as number) < lower) from++;
    while (to > from && (this.#means[to - 1] as number) > upper) to--;
    let samples = 0;
    let sum = 0;
    for (let i = from; i < to; i++) {
      samples += this.#weight(i);
      sum += this.#weight(i) * (this.#means[i] as number);
    }
    const mean = sum / samples;
    let squares = 0;
    for (let i = from; i < to; i++) {
      squares += this.#weight(i) * ((this.#means[i] as number) - mean) ** 2;
    }
    return {
      p50: this.#quantile(from, to, 0.5),
      p95: this.#quantile(from, to, 0.95),
      p99: this.#quantile(from, to, 0.99),
      mean,
      deviation: Math.sqrt(squares / samples),
      samples,
    };
  }

  #fences(used: number): Fences {
    const low = this.#quantile(0, used, 0.25);
    const high = this.#quantile(0, used, 0.75);
    const middle = high - low;
    if (!(middle > 0)) return { lower: Number.NEGATIVE_INFINITY, upper: Number.POSITIVE_INFINITY };
    return { lower: low - FENCE * middle, upper: high + FENCE * middle };
  }

  /**
   * Of the centroids `from` to `to`, between these places in proportion: the middle of the weight of a
   * centroid; of one value, all its weight but half a unit at each end, so that a k-th of n stands at k − ½.
   */
  #quantile(from: number, to: number, q: number): number {
    let total = 0;
    for (let i = from; i < to; i++) total += this.#weight(i);
    const target = q * total;
    let before = 0;
    let place = Number.NEGATIVE_INFINITY;
    let mean = Number.NaN;
    for (let i = from; i < to; i++) {
      const weight = this.#weight(i);
      const isOne = (this.#weights[i] as number) > 0;
      const margin = isOne ? Math.min(0.5, weight / 2) : weight / 2;
      const next = before + margin;
      const nextMean = this.#means[i] as number;
      if (target <= next) {
        return i === from
          ? nextMean
          : mean + (nextMean - mean) * ((target - place) / (next - place));
      }
      before += weight;
      place = before - margin;
      mean = nextMean;
      if (target <= place) return mean;
    }
    return mean;
  }

  /** @returns how many centroids are left: two neighbours have become one */
  #joinNearest(used: number): number {
    const means = this.#means;
    const weights = this.#weights;
    let total = 0;
    for (let i = 0; i < used; i++) total += this.#weight(i);
    let least = Number.POSITIVE_INFINITY;
    let at = 0;
    let before = 0;
    for (let i = 0; i + 1 < used; i++) {
      const both = this.#weight(i) + this.#weight(i + 1);
      const q = (before + both / 2) / total;
      const cost = both / Math.sqrt(q * (1 - q));
      if (cost < least) {
        least = cost;
        at = i;
      }
      before += this.#weight(i);
    }
    const both = this.#weight(at) + this.#weight(at + 1);
    const share = this.#weight(at + 1) / both;
    means[at] += ((means[at + 1] as number) - (means[at] as number)) * share;
    weights[at] = -both;
    means.copyWithin(at + 1, at + 2, used);
    weights.copyWithin(at + 1, at + 2, used);
    return used - 1;
  }

  #weight(at: number): number {
    return Math.abs(this.#weights[at] as number);
  }

  /** Into scratch. @returns centroids in use */
  #read(which: number): number {
    const size = this.#size;
    const base = which * 2 * size;
    let used = 0;
    for (; used < size; used++) {
      const weight = this.#data[base + size + used] as number;
      if (weight === 0) break;
      this.#means[used] = this.#data[base + used] as number;
      this.#weights[used] = weight;
    }
    return used;
  }

  #write(which: number, used: number): void {
    const size = this.#size;
    const base = which * 2 * size;
    for (let i = 0; i < size; i++) {
      this.#data[base + i] = i < used ? (this.#means[i] as number) : 0;
      this.#data[base + size + i] = i < used ? (this.#weights[i] as number) : 0;
    }
  }
}
