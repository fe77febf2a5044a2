import { Moments } from "./moments.js";
import { scoreOf } from "./score.js";
import { Tail } from "./tail.js";

/** Values before which it is not known what is odd. */
const ENOUGH = 30;

/**
 * Score of a statistic that means nothing by itself, as that of a forest: by how often the series brings
 * one as large. 200 bytes.
 */
export class Oddness {
  readonly usual = new Moments(1000);
  readonly tail = new Tail();
  readonly #alarm: number;

  constructor(probability: number) {
    this.#alarm = -Math.log(probability);
  }

  get isKnown(): boolean {
    return this.tail.count >= ENOUGH;
  }

  score(statistic: number): number {
    return scoreOf(this.tail.surprise(statistic), this.#alarm);
  }

  timesUsual(statistic: number): number {
    return statistic > 0 ? statistic / this.usual.mean : 0;
  }

  learn(statistic: number): void {
    this.usual.learn(statistic);
    this.tail.learn(statistic);
  }
}
