import type { Detector, ObservationContext, Verdict } from "../../src/detectors/index.js";
import { Random } from "../../src/detectors/method/random.js";

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
/** A Monday, 00:00 UTC. */
export const MONDAY = Date.UTC(2026, 0, 5);

/** Draws of several distributions, the same for the same seed. */
export class Draw {
  readonly #random: Random;

  constructor(seed = 1) {
    this.#random = new Random(seed);
  }

  uniform(): number {
    return this.#random.next();
  }

  normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.uniform()));
    return radius * Math.cos(2 * Math.PI * this.uniform());
  }

  exponential(): number {
    return -Math.log(1 - this.uniform());
  }

  poisson(mean: number): number {
    if (mean > 50) return Math.max(0, Math.round(mean + Math.sqrt(mean) * this.normal()));
    let count = 0;
    for (let p = this.uniform(); p > Math.exp(-mean); p *= this.uniform()) count++;
    return count;
  }

  binomial(trials: number, p: number): number {
    let count = 0;
    for (let i = 0; i < trials; i++) if (this.uniform() < p) count++;
    return count;
  }
}

/** So many values, each of its place. */
export function values<T = number>(count: number, valueAt: (at: number) => T): T[] {
  return Array.from({ length: count }, (_, at) => valueAt(at));
}

/** Shows a detector values a step apart, and remembers the time between calls. */
export class Stream {
  timeMs = MONDAY;

  constructor(
    readonly detector: Detector,
    readonly stepMs = MINUTE,
  ) {}

  show(
    series: readonly number[],
    contextOf?: (value: number, at: number) => ObservationContext,
  ): Verdict[] {
    return series.map((value, at) => {
      this.timeMs += this.stepMs;
      return this.detector.observe(value, this.timeMs, contextOf?.(value, at));
    });
  }

  one(value: number, context?: ObservationContext): Verdict {
    return this.show([value], context && (() => context))[0] as Verdict;
  }
}

/** Places of the alarms. */
export function alarms(verdicts: readonly Verdict[]): number[] {
  return verdicts.flatMap(({ anomalous }, at) => (anomalous ? [at] : []));
}
