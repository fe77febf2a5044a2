import type { Detector } from "../detector.js";
import { detectorOf, type Method } from "../method/method.js";
import { numbers, real, SEED, whole } from "../method/options.js";
import { Random } from "../method/random.js";
import { type Forecast, Residuals } from "../method/residuals.js";
import { PROBABILITY } from "../method/score.js";
import { LstmNetwork } from "./lstm-network.js";
import { Scale } from "./scale.js";

export interface LstmOptions {
  /** Units of the layer, 1 … 32. @default 4 */
  readonly units?: number;
  /** Steps that it is trained on each time, 2 … 32. @default 6 */
  readonly steps?: number;
  /** How fast it learns. @default 0.005 */
  readonly rate?: number;
  /** Probability of an error that is an alarm. @default 5e-4 */
  readonly probability?: number;
  /** The same seed, the same verdicts. @default 1 */
  readonly seed?: number;
}

type Settings = Readonly<Required<LstmOptions>>;

/** Values before which there is no scale; and those it learns from before its errors count. */
const SCALED = 30;
const SCHOOLING = 200;

/**
 * A small LSTM forecasts each value from those before it; the value is judged by how far forecasts have
 * been off before.
 *
 * Trained on every value, with six steps of backpropagation; the budget is fixed: about 7 µs a value
 * with the defaults. State: 4 KB.
 * @throws RangeError listing every fault of the options
 * @see Malhotra et al. 2015, Long short term memory networks for anomaly detection in time series
 */
export function lstm(options?: LstmOptions): Detector {
  const settings = numbers("lstm", options, {
    units: whole(1, 32, 4),
    steps: whole(2, 32, 6),
    rate: real(1e-6, 0.5, 0.005),
    probability: real(1e-12, 0.1, PROBABILITY),
    seed: SEED,
  });
  return detectorOf("lstm", () => new Lstm(settings));
}

class Lstm implements Method<number, Forecast> {
  readonly scale = new Scale();
  readonly network: LstmNetwork;
  readonly residuals: Residuals;

  constructor({ units, steps, rate, probability, seed }: Settings) {
    this.network = new LstmNetwork(units, steps, rate, new Random(seed));
    this.residuals = new Residuals(probability);
  }

  judge(value: number): Forecast | undefined {
    return this.residuals.judge(value, this.scale.from(this.network.next));
  }

  learn(value: number): void {
    const { scale, network } = this;
    if (scale.count >= SCHOOLING) {
      const expected = scale.from(network.next);
      this.residuals.learn(value - expected, expected);
    }
    if (scale.count >= SCALED) network.learn(scale.to(value));
    scale.learn(value);
  }
}
