const FIRST = 0.9;
const SECOND = 0.999;
const EPSILON = 1e-8;
/** A step of longer gradients is shortened: one odd value must not undo what was learned. */
const LONGEST = 1;

/** Weights and how they are learned, in place. @see Kingma and Ba 2015, Adam */
export class Adam {
  readonly weights: Float64Array;
  readonly first: Float64Array;
  readonly second: Float64Array;
  steps = 0;
  readonly #rate: number;

  /** @param weights - at the start */
  constructor(weights: Float64Array, rate: number) {
    this.weights = weights;
    this.first = new Float64Array(weights.length);
    this.second = new Float64Array(weights.length);
    this.#rate = rate;
  }

  /** Follows a gradient one step, and leaves it at 0. */
  step(gradient: Float64Array): void {
    this.steps++;
    const { weights, first, second } = this;
    let square = 0;
    for (const each of gradient) square += each * each;
    const scale = square > LONGEST * LONGEST ? LONGEST / Math.sqrt(square) : 1;
    const rate = (this.#rate * Math.sqrt(1 - SECOND ** this.steps)) / (1 - FIRST ** this.steps);
    for (let i = 0; i < weights.length; i++) {
      const slope = gradient[i] * scale;
      first[i] = FIRST * first[i] + (1 - FIRST) * slope;
      second[i] = SECOND * second[i] + (1 - SECOND) * slope * slope;
      weights[i] -= (rate * first[i]) / (Math.sqrt(second[i]) + EPSILON);
    }
    gradient.fill(0);
  }
}
