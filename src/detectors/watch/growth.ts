import { DAY, HOUR } from "./decay.js";
import { numbersOf } from "./finding.js";

/** Growth is looked at over so many steps. */
const STEPS = 18;
/** Almost every pair of steps rises (Kendall's tau) … */
const LEAST_TAU = 0.75;
/** … and by so much in all … */
const LEAST_RISE = 0.06;
/** … above all that was there in a week. */
const DAYS = 7;
const MARGIN = 0.02;
/** In the first day, when nobody knows what is usual, a cold start grows too. */
const NOTABLE = 0.75;
/** At so many steps on end. */
const LEAST_TIMES = 3;

interface Step {
  /** The lowest value of it. */
  floor: number;
  readonly isOfLeak: boolean;
}

/**
 * A growth that does not end: what a leak does to memory, or a log to a disk.
 *
 * The lowest value of each step is looked at: what garbage or a burst adds comes off again within it. So
 * short steps see a fast leak soon, and long ones a slow leak beneath the saw-teeth of a collector.
 */
export class Growth {
  /** Hours that it looks back. */
  readonly hours: number;
  readonly #horizonMs: number;
  readonly #steps: Step[] = [];
  /** The highest floor of each day, before the steps that are looked at; newest last. */
  #highest: number[] = [];
  #day = -1;
  #step = -1;
  #times = 0;
  /** Until it is full, at the present pace. */
  leftMs = Number.POSITIVE_INFINITY;

  constructor(private readonly stepMs: number) {
    this.hours = (STEPS * stepMs) / HOUR;
    this.#horizonMs = Math.max(DAY, 3 * STEPS * stepMs);
  }

  get isLeak(): boolean {
    return this.#times >= LEAST_TIMES;
  }

  look(full: number, timeMs: number): void {
    const step = Math.floor(timeMs / this.stepMs);
    const open = this.#steps.at(-1);
    if (step === this.#step && open !== undefined) {
      open.floor = Math.min(open.floor, full);
      return;
    }
    if (this.#steps.length === STEPS) {
      this.#judge(full);
      this.#remember(this.#steps.shift() as Step, timeMs);
    }
    this.#step = step;
    this.#steps.push({ floor: full, isOfLeak: this.isLeak });
  }

  /** What is there now is usual. */
  reset(): void {
    this.#steps.length = 0;
    this.#times = 0;
  }

  save(): unknown {
    return this.#highest.map((floor) => Number(floor.toFixed(3)));
  }

  restore(state: unknown): void {
    const length = Array.isArray(state) ? Math.min(state.length, DAYS) : 0;
    this.#highest = numbersOf(state, length) ?? [];
  }

  #judge(now: number): void {
    const rise = (this.#steps[STEPS - 1] as Step).floor - (this.#steps[0] as Step).floor;
    this.leftMs = ((1 - now) / Math.max(1e-12, rise)) * (STEPS - 1) * this.stepMs;
    const isFast = rise > LEAST_RISE && this.leftMs < this.#horizonMs;
    const isLeak = isFast && this.#isBeyond() && this.#tau() > LEAST_TAU;
    this.#times = isLeak ? this.#times + 1 : 0;
  }

  #isBeyond(): boolean {
    const { floor } = this.#steps[STEPS - 1] as Step;
    const isKnown = this.#highest.length > 1;
    return floor > Math.max(isKnown ? 0 : NOTABLE, ...this.#highest) + MARGIN;
  }

  /** −1 … 1: of all pairs of steps, how many more rise than fall. */
  #tau(): number {
    let rising = 0;
    for (let late = 1; late < STEPS; late++) {
      for (let early = 0; early < late; early++) {
        rising += Math.sign((this.#steps[late] as Step).floor - (this.#steps[early] as Step).floor);
      }
    }
    return rising / ((STEPS * (STEPS - 1)) / 2);
  }

  #remember({ floor, isOfLeak }: Step, timeMs: number): void {
    const day = Math.floor(timeMs / DAY);
    if (day !== this.#day) {
      this.#day = day;
      this.#highest.push(0);
      if (this.#highest.length > DAYS) this.#highest.shift();
    }
    if (isOfLeak) return;
    const last = this.#highest.length - 1;
    this.#highest[last] = Math.max(floor, this.#highest[last] as number);
  }
}
