import type { Random } from "../method/random.js";
import { Adam } from "./adam.js";

/**
 * A network of one hidden layer that learns to give out what it is given: `inputs → hidden (tanh) →
 * inputs`. All it can carry through the narrow middle is what inputs have in common.
 */
export class DenseAutoencoder {
  /** Row by row: of each hidden unit its weights and bias, then of each output. */
  readonly adam: Adam;
  readonly #inputs: number;
  readonly #hidden: number;
  readonly #gradient: Float64Array;
  readonly #middle: Float64Array;
  readonly #output: Float64Array;
  readonly #back: Float64Array;

  constructor(inputs: number, hidden: number, rate: number, random: Random) {
    const size = hidden * (inputs + 1) + inputs * (hidden + 1);
    const spread = Math.sqrt(6 / (inputs + hidden));
    this.adam = new Adam(
      Float64Array.from({ length: size }, () => (2 * random.next() - 1) * spread),
      rate,
    );
    this.#inputs = inputs;
    this.#hidden = hidden;
    this.#gradient = new Float64Array(size);
    this.#middle = new Float64Array(hidden);
    this.#output = new Float64Array(inputs);
    this.#back = new Float64Array(hidden);
  }

  /** What it makes of an input; the array is used again. */
  reconstruct(input: Float64Array): Float64Array {
    const { weights } = this.adam;
    let at = 0;
    for (let h = 0; h < this.#hidden; h++) {
      let sum = 0;
      for (let i = 0; i < this.#inputs; i++) sum += weights[at++] * input[i];
      this.#middle[h] = Math.tanh(sum + weights[at++]);
    }
    for (let o = 0; o < this.#inputs; o++) {
      let sum = 0;
      for (let h = 0; h < this.#hidden; h++) sum += weights[at++] * this.#middle[h];
      this.#output[o] = sum + weights[at++];
    }
    return this.#output;
  }

  /** One step towards reconstructing that input. */
  learn(input: Float64Array): void {
    const { weights } = this.adam;
    const gradient = this.#gradient;
    const middle = this.#middle;
    const back = this.#back.fill(0);
    this.reconstruct(input);
    let at = this.#hidden * (this.#inputs + 1);
    for (let o = 0; o < this.#inputs; o++) {
      const error = (this.#output[o] - input[o]) / this.#inputs;
      for (let h = 0; h < this.#hidden; h++, at++) {
        gradient[at] = error * middle[h];
        back[h] += error * weights[at];
      }
      gradient[at++] = error;
    }
    at = 0;
    for (let h = 0; h < this.#hidden; h++) {
      const error = back[h] * (1 - middle[h] * middle[h]);
      for (let i = 0; i < this.#inputs; i++) gradient[at++] = error * input[i];
      gradient[at++] = error;
    }
    this.adam.step(gradient);
  }
}
