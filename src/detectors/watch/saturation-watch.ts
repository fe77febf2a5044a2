import type { SaturationSnapshot } from "../../snapshot/model.js";
import { DAY, HOUR, keptPerStep, MINUTE } from "./decay.js";
import { Evidence } from "./evidence.js";
import { type Finding, numbersOf, percent, type SignalWatch, short } from "./finding.js";
import { Growth } from "./growth.js";

/** One saturation in one window. */
export interface SaturationWindow {
  readonly timeMs: number;
  readonly seconds: number;
  readonly saturation: SaturationSnapshot;
  /** 0…1, mean over the window where it has one. */
  readonly full: number;
}

/** Mean of the window, where the value itself is how full it is; else the last sample. */
export function fullOf({ saturation = 0, value, mean }: SaturationSnapshot): number {
  const full = value > 0 ? (saturation * mean) / value : saturation;
  return Math.max(0, Math.min(1, full));
}

const LEAST_WINDOWS = 9;
const WARM_UP_WINDOWS = 60;
/** Below this nothing is short of anything. */
const NOTABLE = 0.7;
/** In the first day, when batches that fill much of it are not known yet: only what nearly is full. */
const NOTABLE_AT_FIRST = 0.85;
/** A peak is a little higher than that of yesterday. */
const MARGIN = 0.03;

/**
 * How full something is: a rise above all that is usual, and a growth that does not end.
 */
export class SaturationWatch implements SignalWatch<SaturationWindow> {
  readonly #evidence = new Evidence(LEAST_WINDOWS);
  readonly #kept: number;
  readonly #windowsOfDay: number;
  #mean = Number.NaN;
  #variance = 0;
  /** Highest of this day and of the one before. */
  #highest = [0, 0];
  #day = -1;
  #now = 0;
  /** The last minutes: what does not last leaves no mark on what is usual. */
  #slow = 0;
  #windows = 0;
  /** Fast leaks, and slow ones beneath the ups and downs of garbage. */
  readonly #growths = [10 * MINUTE, 20 * MINUTE, 40 * MINUTE].map((stepMs) => new Growth(stepMs));

  constructor(stepMs: number) {
    this.#kept = keptPerStep(HOUR, stepMs);
    this.#windowsOfDay = DAY / stepMs;
  }

  get score(): number {
    return Math.max(this.#evidence.score, this.#leak === undefined ? 0 : 0.6);
  }

  get isAlarming(): boolean {
    return this.score >= 0.5;
  }

  look({ full, timeMs }: SaturationWindow): number {
    this.#windows++;
    this.#now = Number.isNaN(this.#mean) ? full : this.#now + 0.4 * (full - this.#now);
    this.#slow = Number.isNaN(this.#mean) ? full : this.#slow + 0.08 * (full - this.#slow);
    if (Number.isNaN(this.#mean)) this.#mean = full;
    if (this.#windows > WARM_UP_WINDOWS) {
      const limit = this.#limit();
      const above = full - limit;
      // A good part of the way to full from where it begins to matter is as sure as a window gets.
      const room = Math.max(0.005, Math.min((1 - NOTABLE) / 4, (1 - limit) / 2));
      this.#evidence.add(above > 0 ? (above / room) * 3 : -2);
    }
    const { isCalm } = this.#evidence;
    for (const growth of this.#growths) growth.look(full, timeMs, isCalm);
    if (isCalm && this.#leak === undefined) this.#learn(full, timeMs);
    return full;
  }

  finding({ saturation, timeMs: _ }: SaturationWindow): Finding {
    const { name } = saturation;
    const upper = Math.max(this.#mean + 3 * Math.sqrt(this.#variance), this.#usualHighest());
    const leak = this.#evidence.isAlarming ? undefined : this.#leak;
    const reason = leak
      ? `${name} has grown for ${short(leak.hours)} hours without a break, to ${percent(this.#now)}: at this pace it is full in ${short(leak.leftMs / HOUR)} h`
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

  know(): void {
    for (const growth of this.#growths) growth.know();
  }

  accept(): void {
    this.#mean = this.#now;
    this.#highest = [Math.max(this.#now, ...this.#highest), this.#highest[1] as number];
    this.#evidence.reset();
    // Nobody gets used to a leak.
    for (const growth of this.#growths) if (!growth.isLeak) growth.reset();
  }

  save(): unknown {
    const growths = this.#growths.map((growth) => growth.save());
    const seen = Math.min(this.#windows, this.#windowsOfDay);
    return { level: [this.#mean, this.#variance, ...this.#highest, seen], growths };
  }

  restore(state: unknown): void {
    const { level, growths } = (state ?? {}) as { level?: unknown; growths?: unknown };
    const numbers = numbersOf(level, 5);
    if (numbers === undefined) return;
    const [mean, variance, today, before, seen] = numbers as [
      number,
      number,
      number,
      number,
      number,
    ];
    this.#mean = mean;
    this.#variance = variance;
    // The next day begins with the first window.
    this.#highest = [Math.max(today, before), before];
    this.#windows = Math.max(WARM_UP_WINDOWS, seen);
    this.#growths.forEach((growth, at) => {
      growth.restore(Array.isArray(growths) ? growths[at] : undefined);
    });
  }

  get #leak(): Growth | undefined {
    return this.#growths.find(({ isLeak }) => isLeak);
  }

  /** Above all that is usual; where that is near full already, by a part of what is left. */
  #limit(): number {
    const highest = this.#usualHighest();
    const spread = Math.max(Math.min(0.03, (1 - this.#mean) / 8), Math.sqrt(this.#variance));
    const beyond = this.#mean + Math.min(4 * spread, 0.75 * (1 - this.#mean));
    const notable = this.#windows < this.#windowsOfDay ? NOTABLE_AT_FIRST : NOTABLE;
    return Math.max(beyond, notable, highest + Math.min(MARGIN, (1 - highest) / 4));
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
      this.#highest = [0, this.#highest[0] as number];
      this.#day = day;
    }
    this.#highest[0] = Math.max(this.#slow, this.#highest[0] as number);
  }
}
