import { keptPerStep, MINUTE } from "./decay.js";
import { Evidence, poissonRatio, WanderingDispersion } from "./evidence.js";
import { type Finding, numbersOf, percent, type SignalWatch, short } from "./finding.js";
import type { OperationWindow } from "./operation-window.js";
import { Season } from "./season.js";

/** Ninety seconds at least: a rolling restart is over by then. */
const LEAST_WINDOWS = 9;
const WARM_UP_WINDOWS = 60;
const HALF_LIFE_MS = 10 * MINUTE;
/** What is left is this share of the usual: more is a quiet quarter of an hour. */
const DROP = 0.3;

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
  /** Requests a second, over the last minutes. */
  #level = 0;
  /** The last minute, whatever it was. */
  #now = 0;
  /** The last minutes, whatever they were. */
  #lately = 0;
  #windows = 0;

  constructor(stepMs: number) {
    this.#kept = keptPerStep(HALF_LIFE_MS, stepMs);
  }

  get score(): number {
    return this.#evidence.score;
  }

  get isAlarming(): boolean {
    return this.#evidence.isAlarming;
  }

  look({ requests, seconds, timeMs }: OperationWindow): number {
    this.#windows++;
    const rate = requests / seconds;
    this.#now += 0.25 * (rate - this.#now);
    this.#lately = this.#kept * this.#lately + (1 - this.#kept) * rate;
    if (this.#windows <= WARM_UP_WINDOWS) {
      this.#level += (rate - this.#level) / Math.min(this.#windows, WARM_UP_WINDOWS / 2);
      if (this.#windows > WARM_UP_WINDOWS / 2) this.#vary(requests, seconds);
      this.#season.learn(timeMs, rate);
      return Math.sqrt(rate);
    }
    const expected = this.#expected(timeMs) * seconds;
    if (expected > 0) {
      const ratio = poissonRatio(requests, expected, DROP * expected) / this.#dispersion.divisor;
      this.#evidence.add(ratio);
    }
    if (this.#evidence.isCalm) {
      this.#vary(requests, seconds);
      this.#level = this.#kept * this.#level + (1 - this.#kept) * rate;
      this.#season.learn(timeMs, rate);
    } else if (!this.isAlarming) {
      // Doubtful windows count a third: a slow evening must not be taken for an outage.
      this.#level += ((1 - this.#kept) / 3) * (rate - this.#level);
    }
    return Math.sqrt(rate);
  }

  finding({ timeMs }: OperationWindow): Finding {
    const expected = this.#expected(timeMs);
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
  affected({ requests, seconds, timeMs }: OperationWindow): number {
    return Math.max(0, Math.round(this.#expected(timeMs) * seconds - requests));
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
    this.#dispersion.learn(requests, this.#level * seconds);
  }

  /** What the last minutes were, unless it is always less at this time. */
  #expected(timeMs: number): number {
    const usual = this.#season.lowestAround(timeMs);
    return Number.isNaN(usual) ? this.#level : Math.min(this.#level, 1.2 * usual);
  }
}
