/** The last few values as one point, oldest first. */
export class Shingle {
  readonly values: Float64Array;
  count = 0;
  readonly #point: Float64Array;

  constructor(size: number) {
    this.values = new Float64Array(size);
    this.#point = new Float64Array(size);
  }

  /** Whether a value makes a whole point with those before it. */
  get isFull(): boolean {
    return this.count >= this.values.length - 1;
  }

  get newest(): number {
    return this.values[this.values.length - 1];
  }

  /** The point that ends in a value, which is not kept; the array is used again. */
  with(value: number): Float64Array {
    const point = this.#point;
    point.set(this.values.subarray(1));
    point[point.length - 1] = value;
    return point;
  }

  learn(value: number): void {
    this.values.copyWithin(0, 1);
    this.values[this.values.length - 1] = value;
    this.count = Math.min(this.values.length, this.count + 1);
  }
}
