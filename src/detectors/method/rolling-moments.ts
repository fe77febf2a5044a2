import { floored } from "./moments.js";

/** Mean and deviation of exactly the last `size` values. 8 bytes a value. */
export class RollingMoments {
  readonly ring: Float64Array;
  count = 0;
  next = 0;
  mean = 0;
  /** Of the largest values, about: what rounding errors of the mean are a share of. */
  size = 0;
  /** Sum of squared distances from the mean. */
  squares = 0;

  constructor(size: number) {
    this.ring = new Float64Array(size);
  }

  get deviation(): number {
    const variance = Math.max(0, this.squares) / Math.max(1, this.count - 1);
    return floored(Math.sqrt(variance), this.size);
  }

  learn(value: number): void {
    const { ring } = this;
    this.size = Math.max(Math.abs(value), this.size * (1 - 1 / ring.length));
    if (this.count < ring.length) {
      this.count++;
      const off = value - this.mean;
      this.mean += off / this.count;
      this.squares += off * (value - this.mean);
    } else {
      const old = ring[this.next];
      const before = this.mean;
      this.mean += (value - old) / ring.length;
      this.squares += (value - old) * (value - this.mean + old - before);
    }
    ring[this.next] = value;
    if (++this.next === ring.length) {
      this.next = 0;
      this.#recompute();
    }
  }

  /** Once a round, so that rounding does not add up. */
  #recompute(): void {
    let sum = 0;
    for (const value of this.ring) sum += value;
    this.mean = sum / this.ring.length;
    this.squares = 0;
    for (const value of this.ring) this.squares += (value - this.mean) ** 2;
  }
}
