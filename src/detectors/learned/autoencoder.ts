import type { Detector } from "../detector.js";
import { detectorOf, type Method } from "../method/method.js";
import { numbers, real, SEED, whole } from "../method/options.js";
import { Random } from "../method/random.js";
import { type Forecast, Residuals } from "../method/residuals.js";
import { PROBABILITY } from "../method/score.js";
import { Shingle } from "../method/shingle.js";
import { DenseAutoencoder } from "./dense-autoencoder.js";
import { Scale } from "./scale.js";

export interface AutoencoderOptions {
  /** Values in a row that it is given, 4 … 64. @default 12 */
  readonly window?: number;
  /** Units in the middle, fewer than values, 1 … 32. @default 4 */
  readonly hidden?: number;
  /** How fast it learns. @default 0.002 */
  readonly rate?: number;
  /** Probability of an error that is an alarm. @default 5e-4 */
  readonly probability?: number;
  /** The same seed, the same verdicts. @default 1 */
  readonly seed?: number;
}

type Settings = Readonly<Required<AutoencoderOptions>>;

/** Values it learns before its errors count: until then they are its own fault. */
const SCHOOLING = 200;
/** Values before which there is no scale. */
const SCALED = 30;

/**
 * A small autoencoder: is given the last values, and has to give them out again through a middle of few
 * units. The newest value is judged by how far what comes out is from it.
 *
 * Trained on every value, one step of Adam; the budget is fixed: about 3 µs a value with the defaults.
 * State: 4 KB.
 * @throws RangeError listing every fault of the options
 * @see Hawkins et al. 2002, Outlier detection using replicator neural networks
 */
export function autoencoder(options?: AutoencoderOptions): Detector {
  const settings = numbers("autoencoder", options, {
    window: whole(4, 64, 12),
    hidden: whole(1, 32, 4),
    rate: real(1e-6, 0.5, 0.002),
    probability: real(1e-12, 0.1, PROBABILITY),
    seed: SEED,
  });
  return detectorOf("autoencoder", () => new Autoencoder(settings));
}

class Autoencoder implements Method<number, Forecast> {
  readonly shingle: Shingle;
  readonly scale = new Scale();
  readonly network: DenseAutoencoder;
  readonly residuals: Residuals;
  readonly #input: Float64Array;

  constructor({ window, hidden, rate, probability, seed }: Settings) {
    this.shingle = new Shingle(window);
    this.network = new DenseAutoencoder(window, hidden, rate, new Random(seed));
    this.residuals = new Residuals(probability);
    this.#input = new Float64Array(window);
  }

  judge(value: number): Forecast | undefined {
    return this.residuals.judge(value, this.#reconstructed(value));
  }

  learn(value: number): void {
    if (this.shingle.isFull && this.scale.count >= SCALED) {
      const expected = this.#reconstructed(value);
      if (this.scale.count >= SCHOOLING) this.residuals.learn(value - expected, expected);
      this.network.learn(this.#input);
    }
    this.scale.learn(value);
    this.shingle.learn(value);
  }

  /** What the network makes of a value, with those before it. */
  #reconstructed(value: number): number {
    const point = this.shingle.with(value);
    for (let i = 0; i < point.length; i++) this.#input[i] = this.scale.to(point[i]);
    const output = this.network.reconstruct(this.#input);
    return this.scale.from(output[output.length - 1]);
  }
}
