import { HOUR, keptPerStep, MINUTE } from "./decay.js";
import { WanderingDispersion } from "./dispersion.js";
import { Evidence, mixed, poissonRatio } from "./evidence.js";
import { type Finding, numbersOf, percent, type SignalWatch, short } from "./finding.js";
import type { OperationWindow } from "./operation-window.js";
import { Season } from "./season.js";

/** Ninety seconds at least: a rolling restart is over by then. */
const LEAST_WINDOWS = 9;
const WARM_UP_WINDOWS = 60;
const HALF_LIFE_MS = 10 * MINUTE;
/** What is left is this share of the usual: more is a quiet quarter of an hour. */
const DROP = 0.3;
const SILENCE = 0.03;
/** A job that comes once an hour, in a thousand requests, is not a level. */
const MOST_TIMES = 8;
const LEAST_RATE = 0.01;
/** Half a day of it: what a rush of an hour leaves the level at. */
const LONG_HALF_LIFE_MS = 6 * HOUR;
/** Of hours that nobody knows: what is above that much of the last half day may be a rush. */
const RUSH = 1.5;
/** The first weekend may have so much of a workday's. */
const WEEKEND = 0.25;

/**
 * Requests that do not come, which no error tells of: counts against those of the last minutes, and of the
 * same time of earlier days, by how likely so few are.
 *
 * More traffic than usual is no fault of the service; where it is, errors and latency tell.
 */
export class TrafficWatch implements SignalWatch<OperationWindow> {
  readonly #evidence = new Evidence(LEAST_WINDOWS);
  readonly #dispersion = new WanderingDispersion();
  readonly #season = new Season();
  readonly #kept: number;
  readonly #keptLong: number;
  /** Requests a second, over the last minutes. */
  #level = 0;
  /** The last minute, whatever it was. */
  #now = 0;
  /** The last minutes, whatever they were. */
  #lately = 0;
  /** Of hours. */
  #long = 0;
  #windows = 0;
  /** So many windows in a row were far above the level. */
  #risen = 0;

  constructor(stepMs: number) {
    this.#kept = keptPerStep(HALF_LIFE_MS, stepMs);
    this.#keptLong = keptPerStep(LONG_HALF_LIFE_MS, stepMs);
  }

  get score(): number {
    return this.#evidence.score;
  }

  get isAlarming(): boolean {
    return this.#evidence.isAlarming;
  }

  look(window: OperationWindow): number {
    const { requests, seconds } = window;
    const timeMs = middleOf(window);
    this.#windows++;
    const rate = requests / seconds;
    this.#now += 0.25 * (rate - this.#now);
    this.#lately = this.#kept * this.#lately + (1 - this.#kept) * rate;
    this.#long += Math.max(1 / this.#windows, 1 - this.#keptLong) * (rate - this.#long);
    if (this.#windows <= WARM_UP_WINDOWS) {
      this.#level += (rate - this.#level) / Math.min(this.#windows, WARM_UP_WINDOWS / 2);
      if (this.#windows > WARM_UP_WINDOWS / 2) this.#vary(requests, seconds);
      this.#season.learn(timeMs, rate);
      return Math.sqrt(rate);
    }
    const expected = this.#expected(timeMs) * seconds;
    if (expected > 0) {
      this.#evidence.add(dropRatio(requests, expected), this.#dispersion.divisor);
    }
    if (this.#evidence.isCalm) {
      this.#vary(requests, seconds);
      const bounded = Math.min(rate, MOST_TIMES * Math.max(this.#level, LEAST_RATE));
      this.#level = this.#kept * this.#level + (1 - this.#kept) * bounded;
      this.#rise(rate);
      this.#season.learn(timeMs, rate);
    } else if (!this.isAlarming) {
      // Doubtful windows count a third: a slow evening must not be taken for an outage.
      this.#level += ((1 - this.#kept) / 3) * (rate - this.#level);
    }
    return Math.sqrt(rate);
  }

  finding(window: OperationWindow): Finding {
    const expected = this.#expected(middleOf(window));
    const share = expected === 0 ? 1 : this.#now / expected;
    return {
      observed: this.#now,
      expected,
      lower: DROP * expected,
      unit: "1/s",
      severity: share < 0.25 ? "critical" : "warning",
      reason: `${short(this.#now)} requests a second come, ${percent(share)} of the usual ${short(expected)}`,
    };
  }

  /** Those that did not come. */
  affected(window: OperationWindow): number {
    const expected = this.#expected(middleOf(window)) * window.seconds;
    return Math.max(0, Math.round(expected - window.requests));
  }

  know(window: OperationWindow): void {
    this.#season.learn(middleOf(window), window.requests / window.seconds);
  }

  accept(): void {
    this.#level = this.#lately;
    this.#evidence.reset();
  }

  save(): unknown {
    return { level: [this.#level, ...this.#dispersion.values], season: this.#season.save() };
  }

  restore(state: unknown): void {
    const { level, season } = (state ?? {}) as { level?: unknown; season?: unknown };
    const numbers = numbersOf(level, 4);
    if (numbers === undefined) return;
    // How much there is at this hour is to be seen; how much it varies is known.
    this.#dispersion.values = numbers.slice(1);
    this.#season.restore(season);
  }

  #vary(requests: number, seconds: number): void {
    const expected = this.#level * seconds;
    this.#dispersion.learn(requests - expected, expected);
  }

  /** The shop opens: twice as many, and for long, is no scatter about the level but another one. */
  #rise(rate: number): void {
    this.#risen = rate > 2 * this.#level ? this.#risen + 1 : 0;
    if (this.#risen < LEAST_WINDOWS) return;
    this.#risen = 0;
    this.#level = this.#now;
    this.#dispersion.restart();
  }

  /** What the last minutes were, unless it is always less at this time, or was until a rush began. */
  #expected(timeMs: number): number {
    const usual = this.#season.lowestAround(timeMs);
    if (Number.isNaN(usual)) return Math.min(this.#level, RUSH * this.#long);
    const most = this.#season.isOfOtherDays(timeMs) ? WEEKEND * usual : 1.2 * usual;
    return Math.min(this.#level, most);
  }
}

/** Of a drop to a third, or to nothing: whichever, an outage is as likely to be the one as the other. */
function dropRatio(count: number, expected: number): number {
  const drop = poissonRatio(count, expected, DROP * expected);
  const silence = poissonRatio(count, expected, SILENCE * expected);
  return mixed(drop, silence);
}

/** What ends on the hour was before it. */
function middleOf({ timeMs, seconds }: OperationWindow): number {
  return timeMs - 500 * seconds;
}
