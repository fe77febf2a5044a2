import type { Detector } from "../detector.js";
import { detectorOf, type Judgement, type Method } from "../method/method.js";
import { Oddness } from "../method/oddness.js";
import { numbers, real, SEED, whole } from "../method/options.js";
import { Random } from "../method/random.js";
import { PROBABILITY } from "../method/score.js";
import { Shingle } from "../method/shingle.js";
import { figure } from "../method/words.js";
import { RandomCutTree } from "./random-cut-tree.js";

export interface RandomCutForestOptions {
  /** Trees, 1 … 200. @default 24 */
  readonly trees?: number;
  /** Points each tree holds, 16 … 1,024. @default 128 */
  readonly samples?: number;
  /** Values in a row that make a point, 1 … 32. @default 4 */
  readonly shingle?: number;
  /** Values that a point stays in a tree, on average. @default 2048 */
  readonly memory?: number;
  /** Probability of a displacement that is an alarm. @default 5e-4 */
  readonly probability?: number;
  /** The same seed, the same verdicts. @default 1 */
  readonly seed?: number;
}

type Settings = Readonly<Required<RandomCutForestOptions>>;

/** Points before which a forest has no shape. */
const ENOUGH = 32;

/**
 * Random cut forest over the last few values as one point: how much a point displaces the others in trees of
 * random cuts. Sees odd sequences of usual values as well.
 *
 * Each tree keeps a random sample that forgets. State: 360 KB, 220 KB saved.
 * @throws RangeError listing every fault of the options
 * @see Guha, Mishra, Roy and Schrijvers 2016, Robust random cut forest based anomaly detection on streams
 */
export function randomCutForest(options?: RandomCutForestOptions): Detector {
  const settings = numbers("randomCutForest", options, {
    trees: whole(1, 200, 24),
    samples: whole(16, 1024, 128),
    shingle: whole(1, 32, 4),
    memory: whole(16, 1_000_000, 2048),
    probability: real(1e-12, 0.1, PROBABILITY),
    seed: SEED,
  });
  return detectorOf("randomCutForest", () => new RandomCutForest(settings));
}

interface Displacement extends Judgement {
  readonly displacement: number;
}

class RandomCutForest implements Method<number, Displacement> {
  readonly shingle: Shingle;
  readonly trees: readonly RandomCutTree[];
  readonly random: Random;
  readonly oddness: Oddness;
  readonly #settings: Settings;
  readonly #parts: Float64Array;

  constructor(settings: Settings) {
    const { trees, samples, shingle, seed, probability } = settings;
    this.shingle = new Shingle(shingle);
    this.trees = Array.from({ length: trees }, () => new RandomCutTree(samples, shingle));
    this.random = new Random(seed);
    this.oddness = new Oddness(probability);
    this.#settings = settings;
    this.#parts = new Float64Array(shingle);
  }

  judge(value: number): Displacement | undefined {
    if (!this.oddness.isKnown) return undefined;
    const point = this.shingle.with(value);
    const displacement = this.#displacement(point);
    return {
      score: this.oddness.score(displacement),
      displacement,
      explain: () =>
        `the last values, ${Array.from(point, figure).join(", ")}, displace what was seen before ${figure(this.oddness.timesUsual(displacement))} times as much as values usually do`,
    };
  }

  learn(value: number, _timeMs: number, judgement: Displacement | undefined): void {
    if (this.shingle.isFull) {
      const point = this.shingle.with(value);
      if (this.trees[0].size >= ENOUGH || this.trees[0].size === this.#settings.samples) {
        this.oddness.learn(judgement?.displacement ?? this.#displacement(point));
      }
      this.#insert(point);
    }
    this.shingle.learn(value);
  }

  /** What is due to the newest value: the others had their turn. */
  #displacement(point: Float64Array): number {
    const parts = this.#parts.fill(0);
    for (const tree of this.trees) tree.displacement(point, parts);
    return parts[parts.length - 1] / this.trees.length;
  }

  #insert(point: Float64Array): void {
    const { samples, memory } = this.#settings;
    const { random } = this;
    for (const tree of this.trees) {
      if (tree.size === samples) {
        if (random.next() * memory >= samples) continue;
        tree.removeAny(random);
      }
      tree.insert(point, random);
    }
  }
}
