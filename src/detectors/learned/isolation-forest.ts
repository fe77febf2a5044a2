import type { Detector } from "../detector.js";
import { detectorOf, type Judgement, type Method } from "../method/method.js";
import { Oddness } from "../method/oddness.js";
import { numbers, real, SEED, whole } from "../method/options.js";
import { Random } from "../method/random.js";
import { PROBABILITY } from "../method/score.js";
import { Shingle } from "../method/shingle.js";
import { figure } from "../method/words.js";
import { averagePath, IsolationTree } from "./isolation-tree.js";

export interface IsolationForestOptions {
  /** Trees, 1 … 200. @default 32 */
  readonly trees?: number;
  /** Points a tree is grown from, 16 … 512. @default 64 */
  readonly samples?: number;
  /** Values in a row that make a point, 1 … 32. @default 3 */
  readonly shingle?: number;
  /** Last values that samples are drawn from, 64 … 16,384. @default 2048 */
  readonly window?: number;
  /** Probability of a point that is an alarm. @default 5e-4 */
  readonly probability?: number;
  /** The same seed, the same verdicts. @default 1 */
  readonly seed?: number;
}

type Settings = Readonly<Required<IsolationForestOptions>>;

/**
 * Isolation forest for streams: a value that few random cuts suffice to isolate is odd. A point is a value
 * and its rises from those before it. Trees are grown anew in turn from the last values, so that
 * all are renewed once in a window.
 *
 * Unlike in the paper a point outside of all that a tree has seen is the odder the farther out it is. State:
 * 75 KB, 105 KB saved.
 * @throws RangeError listing every fault of the options
 * @see Liu, Ting and Zhou 2008, Isolation Forest
 */
export function isolationForest(options?: IsolationForestOptions): Detector {
  const settings = numbers("isolationForest", options, {
    trees: whole(1, 200, 32),
    samples: whole(16, 512, 64),
    shingle: whole(1, 32, 3),
    window: whole(64, 16_384, 2048),
    probability: real(1e-12, 0.1, PROBABILITY),
    seed: SEED,
  });
  return detectorOf("isolationForest", () => new IsolationForest(settings));
}

interface Isolation extends Judgement {
  readonly rarity: number;
}

class IsolationForest implements Method<number, Isolation> {
  readonly shingle: Shingle;
  /** The last values; a sample is of places in it. */
  readonly values: Float64Array;
  seen = 0;
  /** Trees that have grown, the first time included. */
  grown = 0;
  readonly trees: readonly IsolationTree[];
  readonly random: Random;
  readonly oddness: Oddness;
  readonly #settings: Settings;

  constructor(settings: Settings) {
    const { trees, samples, shingle, window, seed, probability } = settings;
    this.shingle = new Shingle(shingle);
    this.values = new Float64Array(window);
    this.trees = Array.from({ length: trees }, () => new IsolationTree(samples));
    this.random = new Random(seed);
    this.oddness = new Oddness(probability);
    this.#settings = settings;
  }

  judge(value: number): Isolation | undefined {
    if (!this.oddness.isKnown) return undefined;
    const rarity = this.#rarity(value);
    return {
      score: this.oddness.score(rarity),
      rarity,
      explain: () =>
        `${figure(value)}, after ${figure(this.shingle.newest)}, has ${figure(this.oddness.timesUsual(rarity))} times as much room around it as values usually have`,
    };
  }

  learn(value: number, _timeMs: number, judgement: Isolation | undefined): void {
    const { trees, samples, window } = this.#settings;
    if (this.grown >= trees) {
      this.oddness.learn(judgement?.rarity ?? this.#rarity(value));
    }
    this.shingle.learn(value);
    this.values[this.seen++ % window] = value;
    if (this.seen < 2 * samples) return;
    // All trees at first, at the pace of the values; then each once in a window.
    const every = this.grown < trees ? 1 : Math.max(1, Math.floor(window / trees));
    if (this.seen % every === 0) this.#grow(this.trees[this.grown++ % trees]);
  }

  /** By how much fewer points are around it than on average: each cut less is half of them. */
  #rarity(value: number): number {
    const point = withRises(this.shingle.with(value));
    let length = 0;
    for (const tree of this.trees) length += tree.pathLength(point);
    return 2 ** (averagePath(this.#settings.samples) - length / this.trees.length);
  }

  #grow(tree: IsolationTree): void {
    const { samples, shingle, window } = this.#settings;
    const last = this.seen;
    const known = Math.min(window, last) - shingle + 1;
    const points = Array.from({ length: samples }, () => {
      const end = last - this.random.below(known);
      const point = new Float64Array(shingle);
      for (let d = 0; d < shingle; d++) {
        point[d] = this.values[(end - shingle + d) % window];
      }
      return withRises(point);
    });
    tree.grow(points, this.random);
  }
}

/** A value and how far it has risen from each of those before it: cuts along the axes see more of that. */
function withRises(point: Float64Array): Float64Array {
  const newest = point[point.length - 1];
  for (let d = 0; d < point.length - 1; d++) point[d] = newest - point[d];
  return point;
}
