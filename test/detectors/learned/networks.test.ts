import { describe, expect, it } from "vitest";
import { Adam } from "../../../src/detectors/learned/adam.js";
import { DenseAutoencoder } from "../../../src/detectors/learned/dense-autoencoder.js";
import { LstmNetwork } from "../../../src/detectors/learned/lstm-network.js";
import { Random } from "../../../src/detectors/method/random.js";
import { Draw } from "../series.js";

/**
 * A network's own gradient, as its first step tells it: Adam's first moment is then a tenth of it, but for
 * the length that longer ones are cut to.
 */
const gradientOf = ({ first }: Adam): number[] => Array.from(first, (moment) => moment * 10);

function length(vector: readonly number[]): number {
  return Math.sqrt(vector.reduce((sum, each) => sum + each * each, 0));
}

/** Slopes of a loss, by small steps to either side. */
function slopes(weights: Float64Array, loss: () => number): number[] {
  return Array.from(weights, (weight, at) => {
    const step = 1e-6;
    weights[at] = weight + step;
    const above = loss();
    weights[at] = weight - step;
    const below = loss();
    weights[at] = weight;
    return (above - below) / (2 * step);
  });
}

function expectAlike(gradient: readonly number[], wanted: readonly number[]): void {
  // At full length when it is short, else as long as may be: the direction counts.
  const scale = Math.max(1, length(wanted));
  for (const [at, slope] of wanted.entries()) {
    expect(gradient[at]).toBeCloseTo(slope / scale, 5);
  }
}

describe("the autoencoder's network", () => {
  it("follows the gradient of its squared error", () => {
    const draw = new Draw(1);
    const input = Float64Array.from({ length: 6 }, () => draw.normal());
    const make = () => new DenseAutoencoder(6, 3, 1e-9, new Random(1));
    const network = make();
    const loss = () => {
      const output = network.reconstruct(input);
      return input.reduce((sum, each, i) => sum + (output[i]! - each) ** 2 / (2 * 6), 0);
    };
    const wanted = slopes(network.adam.weights, loss);
    const taught = make();
    taught.learn(input);
    expectAlike(gradientOf(taught.adam), wanted);
  });

  it("learns to reconstruct what has one cause", () => {
    const draw = new Draw(2);
    const network = new DenseAutoencoder(8, 2, 0.01, new Random(2));
    const sample = () => {
      const phase = 6.28 * draw.uniform();
      return Float64Array.from({ length: 8 }, (_, i) => Math.sin(phase + i / 2));
    };
    const error = () => {
      let sum = 0;
      for (let i = 0; i < 200; i++) {
        const input = sample();
        network.reconstruct(input).forEach((each, at) => {
          sum += (each - (input[at] as number)) ** 2 / 1600;
        });
      }
      return sum;
    };
    const before = error();
    for (let i = 0; i < 5000; i++) network.learn(sample());
    expect(error()).toBeLessThan(0.1 * before);
  });
});

describe("the LSTM's network", () => {
  it("follows the gradient of its squared error through all its steps", () => {
    const draw = new Draw(3);
    const made = () => {
      const network = new LstmNetwork(3, 5, 1e-9, new Random(3));
      const same = new Draw(4);
      for (const array of [network.inputs, network.cell, network.hidden]) {
        for (let i = 0; i < array.length; i++) array[i] = 0.5 * same.normal();
      }
      return network;
    };
    const value = draw.normal();
    const network = made();
    const { inputs, cell, hidden } = network;
    const start = [inputs, cell, hidden].map((array) => array.slice());
    const reset = () => {
      for (const [i, array] of [inputs, cell, hidden].entries()) array.set(start[i]!);
    };
    // The forecast after each step, by taking the steps one at a time from the same start.
    const loss = () => {
      let sum = 0;
      const weights = network.adam.weights.slice();
      const [targets] = start as [Float64Array];
      const walk = new LstmNetwork(3, 1, 1e-9, new Random(3));
      walk.adam.weights.set(weights);
      walk.cell.set(start[1]!);
      walk.hidden.set(start[2]!);
      for (let t = 0; t < 5; t++) {
        const target = t === 4 ? value : (targets[t + 1] as number);
        sum += (forecast(walk, targets[t] as number) - target) ** 2 / (2 * 5);
      }
      return sum;
    };
    const wanted = slopes(network.adam.weights, loss);
    reset();
    network.learn(value);
    expectAlike(gradientOf(network.adam), wanted);
  });

  it("learns a rhythm that the last value alone does not give away", () => {
    const draw = new Draw(5);
    const network = new LstmNetwork(6, 8, 0.01, new Random(5));
    const rhythm = [1, -1, -1, 1, 1, -1];
    const errors: number[] = [];
    for (let at = 0; at < 6000; at++) {
      const value = (rhythm[at % 6] as number) + 0.05 * draw.normal();
      errors.push(Math.abs(network.next - value));
      network.learn(value);
    }
    const mean = (list: number[]) => list.reduce((sum, each) => sum + each, 0) / list.length;
    expect(mean(errors.slice(-500))).toBeLessThan(0.25 * mean(errors.slice(0, 100)));
  });
});

/** One step by the equations, written out: gates i, f, g, o of unit after unit. */
function forecast(network: LstmNetwork, input: number): number {
  const units = network.hidden.length;
  const { weights } = network.adam;
  const before = network.hidden.slice();
  let at = 0;
  const next = () => weights[at++] as number;
  const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));
  for (let unit = 0; unit < units; unit++) {
    const sums = [0, 1, 2, 3].map(() => {
      let sum = next() * input;
      for (const each of before) sum += next() * each;
      return sum + next();
    }) as [number, number, number, number];
    const cell = sigmoid(sums[1]) * network.cell[unit]! + sigmoid(sums[0]) * Math.tanh(sums[2]);
    network.cell[unit] = cell;
    network.hidden[unit] = sigmoid(sums[3]) * Math.tanh(cell);
  }
  let output = 0;
  for (const each of network.hidden) output += next() * each;
  return output + next();
}

describe("Adam", () => {
  it("finds the bottom of a bowl, however steep its sides are", () => {
    for (const steep of [1e-3, 1, 1e3]) {
      const adam = new Adam(Float64Array.of(3, -4), 0.01);
      for (let i = 0; i < 5000; i++) {
        adam.step(adam.weights.map((weight, at) => steep * (weight - at)));
      }
      expect(adam.weights[0]).toBeCloseTo(0, 2);
      expect(adam.weights[1]).toBeCloseTo(1, 2);
    }
  });
});
