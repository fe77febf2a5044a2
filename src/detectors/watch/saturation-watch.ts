import type { SaturationSnapshot } from "../../snapshot/model.js";
import { DAY, HOUR, keptPerStep, MINUTE } from "./decay.js";
import { Evidence } from "./evidence.js";
import { type Finding, numbersOf, percent, type SignalWatch, short } from "./finding.js";

/** One saturation in one window. */
export interface SaturationWindow {
  readonly timeMs: number;
  readonly seconds: number;
  readonly saturation: SaturationSnapshot;
  /** 0…1, mean over the window where it has one. */
  readonly full: number;
}

const LEAST_WINDOWS = 9;
const WARM_UP_WINDOWS = 60;
/** Below this nothing is short of anything. */
const NOTABLE = 0.7;
/** A peak is a little higher than that of yesterday. */
const MARGIN = 0.03;
/** Growth is looked at over three hours. */
const STEPS = 18;
const STEP_MS = 10 * MINUTE;
/** Full within so long at the present pace: a leak, or as good as one. */
const HORIZON_MS = DAY;

/**
 * How full something is: a rise above all that is usual, and a growth that does not end.
 */
export class SaturationWatch implements SignalWatch<SaturationWindow> {
  readonly #evidence = new Evidence(LEAST_WINDOWS);
  readonly #kept: number;
  #mean = Number.NaN;
  #variance = 0;
  /** Highest of this day and of the one before. */
  #highest = [0, 0];
  #day = -1;
  #days = 0;
  #now = 0;
  /** The last minutes: what does not last leaves no mark on what is usual. */
  #slow = 0;
  #windows = 0;
  /** Lowest value of each step: what garbage or a burst adds comes off again. */
  readonly #floor: number[] = [];
  #step = -1;
  #growth = 0;
  /** Consecutive steps at which growth looked like a leak. */
  #grown = 0;

  constructor(stepMs: number) {
    this.#kept = keptPerStep(HOUR, stepMs);
  }

  get score(): number {
    return Math.max(this.#evidence.score, this.#grown >= 3 ? 0.6 : 0);
  }

  get isAlarming(): boolean {
    return this.score >= 0.5;
  }

  look({ full, timeMs }: SaturationWindow): number {
    this.#windows++;
    this.#now = Number.isNaN(this.#mean) ? full : this.#now + 0.25 * (full - this.#now);
    this.#slow = Number.isNaN(this.#mean) ? full : this.#slow + 0.08 * (full - this.#slow);
    this.#grow(full, timeMs);
    if (Number.isNaN(this.#mean)) this.#mean = full;
    const spread = Math.max(0.03, Math.sqrt(this.#variance));
    if (this.#windows > WARM_UP_WINDOWS) {
      const usual = this.#usualHighest() + MARGIN;
      const above = full - Math.max(this.#mean + 4 * spread, NOTABLE, usual);
      // Half way to full from where it begins to matter is as sure as a window gets.
      const room = Math.max(0.05, 1 - NOTABLE) / 4;
      this.#evidence.add(above > 0 ? (above / room) * 3 : -2);
    }
    if (this.#evidence.isCalm) this.#learn(full, timeMs);
    return full;
  }

  finding({ saturation, timeMs: _ }: SaturationWindow): Finding {
    const { name } = saturation;
    const upper = Math.max(this.#mean + 3 * Math.sqrt(this.#variance), this.#usualHighest());
    const isGrowth = this.#grown >= 3 && !this.#evidence.isAlarming;
    const hours = (1 - this.#now) / Math.max(1e-9, this.#growth) / HOUR;
    const reason = isGrowth
      ? `${name} has grown for three hours without a break, to ${percent(this.#now)}: at this pace it is full in ${short(hours)} h`
      : `${name} is ${percent(this.#now)} full, usually ${percent(this.#mean)} and never above ${percent(upper)}`;
    return {
      observed: this.#now,
      expected: this.#mean,
      lower: 0,
      upper: Math.min(1, upper),
      unit: "1",
      severity: this.#now >= 0.9 ? "critical" : "warning",
      reason,
    };
  }

  affected(): number {
    return 0;
  }

  accept(): void {
    this.#mean = this.#now;
    this.#highest = [Math.max(this.#now, ...this.#highest), this.#highest[1] as number];
    this.#evidence.reset();
    this.#floor.length = 0;
    this.#grown = 0;
  }

  save(): unknown {
    return [this.#mean, this.#variance, ...this.#highest, this.#days];
  }

  restore(state: unknown): void {
    const numbers = numbersOf(state, 5);
    if (numbers === undefined) return;
    const [mean, variance, today, before, days] = numbers as [
      number,
      number,
      number,
      number,
      number,
    ];
    this.#mean = mean;
    this.#variance = variance;
    this.#highest = [today, before];
    this.#days = days;
    this.#windows = WARM_UP_WINDOWS;
  }

  /** What it reached on the last days, when there were any. */
  #usualHighest(): number {
    return Math.max(...this.#highest);
  }

  #learn(full: number, timeMs: number): void {
    const share = 1 - this.#kept;
    const away = full - this.#mean;
    this.#mean += Math.max(share, 1 / Math.min(this.#windows, WARM_UP_WINDOWS)) * away;
    this.#variance = this.#kept * (this.#variance + share * away * away);
    const day = Math.floor(timeMs / DAY);
    if (day !== this.#day) {
      if (this.#day >= 0) this.#days++;
      this.#highest = [0, this.#day < 0 ? 0 : (this.#highest[0] as number)];
      this.#day = day;
    }
    this.#highest[0] = Math.max(this.#slow, this.#highest[0] as number);
  }

  #grow(full: number, timeMs: number): void {
    const step = Math.floor(timeMs / STEP_MS);
    const last = this.#floor.length - 1;
    if (step === this.#step) {
      this.#floor[last] = Math.min(this.#floor[last] as number, full);
      return;
    }
    if (last + 1 === STEPS) this.#judgeGrowth();
    this.#step = step;
    this.#floor.push(full);
    if (this.#floor.length > STEPS) this.#floor.shift();
  }

  /** Almost every pair of steps rises, and by much; above all that was there on the days before. */
  #judgeGrowth(): void {
    const floor = this.#floor;
    let rising = 0;
    let pairs = 0;
    for (let late = 1; late < STEPS; late++) {
      for (let early = 0; early < late; early++) {
        pairs++;
        const change = (floor[late] as number) - (floor[early] as number);
        if (change > 0) rising++;
        else if (change < 0) rising--;
      }
    }
    const rise = (floor[STEPS - 1] as number) - (floor[0] as number);
    this.#growth = rise / ((STEPS - 1) * STEP_MS);
    const leftMs = (1 - this.#now) / Math.max(1e-12, this.#growth);
    const isBeyond =
      this.#days === 0 ? this.#now > 0.75 : this.#now > (this.#highest[1] as number) + 0.02;
    const isLeak = rising / pairs > 0.75 && rise > 0.06 && leftMs < HORIZON_MS && isBeyond;
    this.#grown = isLeak ? this.#grown + 1 : 0;
  }
}
