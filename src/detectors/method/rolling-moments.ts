import { floored } from "./moments.js";

/** Mean and deviation of exactly the last `size` values. 8 bytes a value. */
export class RollingMoments {
  readonly ring: Float64Array;
  count = 0;
  next = 0;
  mean = 0;
  /** Sum of squared distances from the mean. */
  squares = 0;

  constructor(size: number) {
    this.ring = new Float64Array(size);
  }

  get deviation(): number {
    if (this.count < 2) return floored(0, this.mean);
    return floored(Math.sqrt(Math.max(0, this.squares) / (this.count - 1)), this.mean);
  }

  learn(value: number): void {
    const { ring } = this;
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
