import { DAY, HOUR } from "./decay.js";
import { numbersOf } from "./finding.js";

/** Growth is looked at over so many steps. */
const STEPS = 18;
/** Almost every pair of steps rises (Kendall's tau) … */
const LEAST_TAU = 0.75;
/** … and by so much in all … */
const LEAST_RISE = 0.06;
/** … and does not level off, as a cache does that fills … */
const LATE = 6;
const LEAST_LATE = (0.5 * LATE) / (STEPS - 1);
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
  /** Of a leak, or of something else that is told of: not to be remembered. */
  isUsual: boolean;
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
  /** Steps. */
  #remembered = 0;
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

  /** @param isUsual - nothing else is told of it */
  look(full: number, timeMs: number, isUsual: boolean): void {
    const step = Math.floor(timeMs / this.stepMs);
    const open = this.#steps.at(-1);
    if (step === this.#step && open !== undefined) {
      open.floor = Math.min(open.floor, full);
      open.isUsual &&= isUsual;
      return;
    }
    if (this.#steps.length === STEPS) {
      this.#judge(full);
      this.#remember(this.#steps.shift() as Step, timeMs);
    }
    this.#step = step;
    // All of a leak is, from its beginning on: the next one begins as low, and is to be seen as soon.
    if (this.isLeak && this.#isSettled) for (const each of this.#steps) each.isUsual = false;
    this.#steps.push({ floor: full, isUsual: isUsual && !(this.isLeak && this.#isSettled) });
  }

  /** It grows so every day: this is usual. */
  know(): void {
    for (const each of this.#steps) each.isUsual = true;
  }

  /** What is there now is usual. */
  reset(): void {
    this.#steps.length = 0;
    this.#times = 0;
  }

  /** What is looked at still is of today: a process that lives for hours only would never remember it. */
  save(): unknown {
    const floors = this.isLeak ? [] : this.#steps.filter(({ isUsual }) => isUsual);
    const today = Math.max(this.#highest.at(-1) ?? 0, ...floors.map(({ floor }) => floor));
    const days = [...this.#highest.slice(0, -1), today].map((floor) => Number(floor.toFixed(3)));
    return { days, steps: this.#remembered + this.#steps.length };
  }

  restore(state: unknown): void {
    const { days, steps } = (state ?? {}) as { days?: unknown; steps?: unknown };
    const length = Array.isArray(days) ? Math.min(days.length, DAYS) : 0;
    this.#highest = numbersOf(days, length) ?? [];
    this.#remembered = typeof steps === "number" && steps >= 0 ? steps : 0;
  }

  #judge(now: number): void {
    const rise = this.#riseOver(STEPS - 1);
    const late = this.#riseOver(LATE);
    this.leftMs = ((1 - now) / Math.max(1e-12, rise)) * (STEPS - 1) * this.stepMs;
    const isFast = rise > LEAST_RISE && this.leftMs < this.#horizonMs && late > LEAST_LATE * rise;
    const isLeak = isFast && this.#isBeyond() && this.#tau() > LEAST_TAU;
    this.#times = isLeak ? this.#times + 1 : 0;
  }

  #riseOver(steps: number): number {
    const [from, to] = [this.#steps[STEPS - 1 - steps], this.#steps[STEPS - 1]] as [Step, Step];
    return to.floor - from.floor;
  }

  #isBeyond(): boolean {
    const { floor } = this.#steps[STEPS - 1] as Step;
    return floor > Math.max(this.#isSettled ? 0 : NOTABLE, ...this.#highest) + MARGIN;
  }

  /** In the first day all is usual. */
  get #isSettled(): boolean {
    return this.#remembered * this.stepMs >= DAY;
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

  #remember({ floor, isUsual }: Step, timeMs: number): void {
    this.#remembered++;
    const day = Math.floor(timeMs / DAY);
    if (day !== this.#day) {
      this.#day = day;
      this.#highest.push(0);
      if (this.#highest.length > DAYS) this.#highest.shift();
    }
    if (!isUsual) return;
    const last = this.#highest.length - 1;
    this.#highest[last] = Math.max(floor, this.#highest[last] as number);
  }
}
