import { quantileOf } from "../baselines/quantiles.js";

/** Mean and percentiles of a few values; all 0 of none. */
export interface Spread {
  readonly count: number;
  readonly mean: number;
  readonly p50: number;
  readonly p95: number;
}

/** The last values, as many as there is room for; memory grows with them. */
export class Recent {
  #values: number[] = [];
  #next = 0;

  constructor(private readonly capacity: number) {}

  get size(): number {
    return this.#values.length;
  }

  /** @returns the value that made room */
  add(value: number): number | undefined {
    if (this.#values.length < this.capacity) {
      this.#values.push(value);
      return undefined;
    }
    const gone = this.#values[this.#next];
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.capacity;
    return gone;
  }

  /** Oldest first. */
  values(): number[] {
    return [...this.#values.slice(this.#next), ...this.#values.slice(0, this.#next)];
  }

  /** Puts older ones before those that are there, as far as there is room. */
  precede(older: readonly number[]): void {
    this.#values = [...older, ...this.values()].slice(-this.capacity);
    this.#next = 0;
  }

  sorted(): Float64Array {
    return Float64Array.from(this.#values).sort();
  }

  spread(): Spread {
    const sorted = this.sorted();
    if (sorted.length === 0) return { count: 0, mean: 0, p50: 0, p95: 0 };
    return {
      count: sorted.length,
      mean: sorted.reduce((sum, value) => sum + value / sorted.length, 0),
      p50: quantileOf(sorted, 0.5),
      p95: quantileOf(sorted, 0.95),
    };
  }
}
