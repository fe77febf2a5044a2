import type { Random } from "../method/random.js";
import { Adam } from "./adam.js";

/** Input, forget, candidate and output. */
const GATES = 4;

/** What a step of the cell leaves behind for the way back. */
class Step {
  readonly gates: Float64Array;
  readonly cell: Float64Array;
  readonly hidden: Float64Array;

  constructor(units: number) {
    this.gates = new Float64Array(GATES * units);
    this.cell = new Float64Array(units);
    this.hidden = new Float64Array(units);
  }
}

/**
 * One layer of long short-term memory that forecasts the next number of a series, trained on the last few
 * steps each time (truncated backpropagation through time).
 * @see Hochreiter and Schmidhuber 1997; Gers et al. 2000 (forget gate)
 */
export class LstmNetwork {
  /** Of each unit and gate: weight of the input, of each hidden unit, and bias; then those of the output. */
  readonly adam: Adam;
  /** Inputs of the steps trained on, oldest first; and the state before the oldest. */
  readonly inputs: Float64Array;
  readonly cell: Float64Array;
  readonly hidden: Float64Array;
  /** Forecast of the next input. */
  next = 0;
  readonly #units: number;
  readonly #steps: readonly Step[];
  readonly #last: Step;
  readonly #gradient: Float64Array;
  /** Of the way back: through the gates of a unit, to the hidden units and to the cells before. */
  readonly #slopes = new Float64Array(GATES);
  readonly #back: readonly [Float64Array, Float64Array];
  readonly #cellBack: Float64Array;

  constructor(units: number, steps: number, rate: number, random: Random) {
    const inner = GATES * units * (units + 2);
    const weights = Float64Array.from(
      { length: inner + units + 1 },
      () => (2 * random.next() - 1) / Math.sqrt(units),
    );
    // To remember is the better guess at first: a bias of 1 on the forget gates.
    for (let unit = 0; unit < units; unit++) {
      weights[(GATES * unit + 1) * (units + 2) + units + 1] = 1;
    }
    this.adam = new Adam(weights, rate);
    this.inputs = new Float64Array(steps);
    this.cell = new Float64Array(units);
    this.hidden = new Float64Array(units);
    this.#units = units;
    this.#steps = Array.from({ length: steps }, () => new Step(units));
    this.#last = new Step(units);
    this.#gradient = new Float64Array(weights.length);
    this.#back = [new Float64Array(units), new Float64Array(units)];
    this.#cellBack = new Float64Array(units);
  }

  /** Learns that `value` came after the inputs so far, and forecasts what comes after it. */
  learn(value: number): void {
    const { inputs } = this;
    const steps = this.#steps;
    this.#forward();
    this.#backward(value);
    this.adam.step(this.#gradient);
    const [oldest] = steps;
    this.cell.set(oldest.cell);
    this.hidden.set(oldest.hidden);
    inputs.copyWithin(0, 1);
    inputs[inputs.length - 1] = value;
    const newest = steps[steps.length - 1];
    this.#step(value, newest.hidden, newest.cell, this.#last);
    this.next = this.#output(this.#last.hidden);
  }

  #forward(): void {
    let { hidden, cell } = this;
    for (const [at, step] of this.#steps.entries()) {
      this.#step(this.inputs[at], hidden, cell, step);
      ({ hidden, cell } = step);
    }
  }

  #step(input: number, hidden: Float64Array, cell: Float64Array, out: Step): void {
    const units = this.#units;
    const { weights } = this.adam;
    const { gates } = out;
    let at = 0;
    for (let row = 0; row < GATES * units; row++) {
      let sum = weights[at++] * input;
      for (let h = 0; h < units; h++) sum += weights[at++] * hidden[h];
      sum += weights[at++];
      gates[row] = row % GATES === 2 ? Math.tanh(sum) : 1 / (1 + Math.exp(-sum));
    }
    for (let unit = 0; unit < units; unit++) {
      const gate = GATES * unit;
      out.cell[unit] = gates[gate + 1] * cell[unit] + gates[gate] * gates[gate + 2];
      out.hidden[unit] = gates[gate + 3] * Math.tanh(out.cell[unit]);
    }
  }

  #output(hidden: Float64Array): number {
    const { weights } = this.adam;
    const start = GATES * this.#units * (this.#units + 2);
    let sum = weights[start + this.#units];
    for (let h = 0; h < this.#units; h++) sum += weights[start + h] * hidden[h];
    return sum;
  }

  /** Gradient of the mean squared error of the forecasts of each step. */
  #backward(value: number): void {
    const units = this.#units;
    const { weights } = this.adam;
    const gradient = this.#gradient;
    const steps = this.#steps;
    const start = GATES * units * (units + 2);
    const slopes = this.#slopes;
    let hiddenBack = this.#back[0].fill(0);
    let earlierBack = this.#back[1];
    const cellBack = this.#cellBack.fill(0);
    for (let t = steps.length - 1; t >= 0; t--) {
      const { gates, cell, hidden } = steps[t];
      const before = t === 0 ? this : steps[t - 1];
      const target = t === steps.length - 1 ? value : this.inputs[t + 1];
      const error = (this.#output(hidden) - target) / steps.length;
      earlierBack.fill(0);
      gradient[start + units] += error;
      for (let unit = 0; unit < units; unit++) {
        gradient[start + unit] += error * hidden[unit];
        const toHidden = hiddenBack[unit] + error * weights[start + unit];
        const gate = GATES * unit;
        const [i, f, c, o] = [gates[gate], gates[gate + 1], gates[gate + 2], gates[gate + 3]];
        const squashed = Math.tanh(cell[unit]);
        const toCell = cellBack[unit] + toHidden * o * (1 - squashed * squashed);
        cellBack[unit] = toCell * f;
        slopes[0] = toCell * c * i * (1 - i);
        slopes[1] = toCell * before.cell[unit] * f * (1 - f);
        slopes[2] = toCell * i * (1 - c * c);
        slopes[3] = toHidden * squashed * o * (1 - o);
        let at = gate * (units + 2);
        for (let k = 0; k < GATES; k++) {
          const slope = slopes[k];
          gradient[at++] += slope * this.inputs[t];
          for (let h = 0; h < units; h++, at++) {
            gradient[at] += slope * before.hidden[h];
            earlierBack[h] += slope * weights[at];
          }
          gradient[at++] += slope;
        }
      }
      [hiddenBack, earlierBack] = [earlierBack, hiddenBack];
    }
  }
}
