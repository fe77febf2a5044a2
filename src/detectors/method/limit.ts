import { scoreOf } from "./score.js";
import { Tail } from "./tail.js";

/** Values of a statistic before which a learned limit says nothing. */
const ENOUGH = 30;

/** Farther out a statistic only says that it was without scatter until now. */
const FARTHEST = 1e6;

/**
 * From where a statistic is an alarm: at a limit that was given, by the distribution the statistic has in
 * theory; or, without one, where the series itself goes once in so many values. 32 bytes.
 */
export class Limit {
  readonly tail = new Tail();
  readonly #given: number;
  readonly #alarm: number;
  readonly #inTheory: (statistic: number) => number;

  /**
   * @param given - the limit; 0 to learn it
   * @param probability - of an alarm, where it is learned
   * @param inTheory - surprise of a value of the statistic
   */
  constructor(given: number, probability: number, inTheory: (statistic: number) => number) {
    this.#given = given;
    this.#inTheory = inTheory;
    this.#alarm = given > 0 ? inTheory(given) : -Math.log(probability);
  }

  get isKnown(): boolean {
    return this.#given > 0 || this.tail.count >= ENOUGH;
  }

  get value(): number {
    return this.#given || this.tail.valueAt(this.#alarm);
  }

  score(statistic: number): number {
    const surprise = this.#given > 0 ? this.#inTheory(statistic) : this.tail.surprise(statistic);
    return scoreOf(surprise, this.#alarm);
  }

  learn(statistic: number): void {
    if (this.#given === 0) this.tail.learn(Math.min(FARTHEST, statistic));
  }
}
