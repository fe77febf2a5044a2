import { Moments } from "./moments.js";
import { scoreOf } from "./score.js";
import { Tail } from "./tail.js";

/** Values before which it is not known what is odd. */
const ENOUGH = 30;

/**
 * Score of a statistic that has no scale of its own (an anomaly score of a forest, an error of a network):
 * what counts is how many times larger than usual it is, in the tail of such multiples. 56 bytes.
 */
export class Oddness {
  readonly usual = new Moments(1000);
  readonly tail = new Tail();
  unit=0;
  readonly #alarm: number;

  constructor(probability: number) {
    this.#alarm = -Math.log(probability);
  }

  get isKnown(): boolean {
    return this.tail.count >= ENOUGH;
  }

  score(statistic: number): number {
    return scoreOf(this.tail.surprise(this.timesUsual(statistic)), this.#alarm);
  }

  timesUsual(statistic: number): number {
    return statistic > 0 ? statistic / (this.unit||1) : 0;
  }

  learn(statistic: number): void {
    this.usual.learn(statistic);
    if (this.usual.count >= ENOUGH && this.unit===0) this.unit = this.usual.mean;
    if (this.usual.count >= ENOUGH) this.tail.learn(this.timesUsual(statistic));
  }
}
