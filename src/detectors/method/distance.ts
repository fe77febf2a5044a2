import type { Limit } from "./limit.js";
import type { Judgement, Method } from "./method.js";
import { rounded } from "./moments.js";
import { real } from "./options.js";
import { PROBABILITY } from "./score.js";
import { figure } from "./words.js";

/** What is usual of a series. */
export interface Usual {
  readonly expected: number;
  /** Where distance begins, downwards and upwards. */
  readonly low: number;
  readonly high: number;
  /** What distance is counted in. */
  readonly unit: number;
  /** What rounding errors are a share of. */
  readonly size: number;
}

interface Distance extends Judgement {
  readonly distance: number;
}

/** Options of every method of this kind. */
export interface DistanceOptions {
  /**
   * How often the series itself goes beyond the alarm; for a limit that is learned.
   * @default 5e-4
   */
  readonly probability?: number;
}

export const DISTANCE = { probability: real(1e-12, 0.1, PROBABILITY) };

/** A method that judges a value by its distance from what is usual, in units of how much values scatter. */
export abstract class DistanceMethod implements Method<number, Distance> {
  constructor(readonly limit: Limit) {}

  /** Undefined while it has seen too little. */
  protected abstract usual(): Usual | undefined;

  protected abstract remember(value: number): void;

  /** What stands after "5.2". */
  protected abstract words(side: "above" | "below", usual: Usual): string;

  judge(value: number): Distance | undefined {
    const usual = this.usual();
    if (usual === undefined || !this.limit.isKnown) return undefined;
    const distance = distanceOf(value, usual);
    const reach = this.limit.value * usual.unit;
    return {
      score: this.limit.score(distance),
      distance,
      expected: usual.expected,
      lower: usual.low - reach,
      upper: usual.high + reach,
      explain: () => {
        const side = value > usual.expected ? "above" : "below";
        return `${figure(value)} is ${figure(distance)} ${this.words(side, usual)}`;
      },
    };
  }

  learn(value: number, _timeMs: number, judgement: Distance | undefined): void {
    if (judgement !== undefined) this.limit.learn(judgement.distance);
    else {
      const usual = this.usual();
      if (usual !== undefined) this.limit.learn(distanceOf(value, usual));
    }
    this.remember(value);
  }
}

function distanceOf(value: number, { size, low, high, unit }: Usual): number {
  const beyond = rounded(Math.max(value - high, low - value), size);
  return beyond > 0 ? beyond / unit : 0;
}
