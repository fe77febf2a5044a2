import { HOURS_A_DAY, hourNumber, hourOfDay, hourOfWeek } from "./calendar.js";
import { Digests, type Usual } from "./digests.js";
import { Drift, type Shift } from "./drift.js";
import { floatsOf, textOfFloats } from "./floats.js";
import { Phase } from "./phase.js";
import { SLOT_FLOATS, WeekSlots } from "./slots.js";

/** Centroids of each hour of the day, of the hour under way, and of all values together. */
const HOUR_SIZE = 16;
const OPEN_SIZE = 24;
const WHOLE_SIZE = 48;
/** What a day-old visit of an hour of the day weighs beside one of today. */
const DAILY_MEMORY = 0.85;
/** What all values together weigh an hour later: half after a week. */
const HOURLY_MEMORY = 0.5 ** (1 / 168);
const PACE_MEMORY = 0.97;
/** Visits that say whether they agree. */
const AGREEING_VISITS = 1.5;
/** A range reaches so many deviations at least, and at most. */
const LEAST_REACH = 2.6;
const MOST_REACH = 5;
/** Values beyond count as this: their squares must fit into a float. */
const MOST = 1e18;
/** Values before there is a range at all. */
const LEAST_SAMPLES = 30;

const HOUR_FLOATS = HOURS_A_DAY * 2 * HOUR_SIZE;
/** Where each part begins in the stretch of memory. */
const HOURS_AT = SLOT_FLOATS;
const OPEN_AT = HOURS_AT + HOUR_FLOATS;
const WHOLE_AT = OPEN_AT + 2 * OPEN_SIZE;
const VISITS_AT = WHOLE_AT + 2 * WHOLE_SIZE;
const FLOATS = VISITS_AT + HOURS_A_DAY;

/** What is normal at a time. */
export interface NormalRange {
  readonly lower: number;
  readonly upper: number;
  readonly expected: number;
  /** Values of such times behind it, old ones by what they still weigh. */
  readonly samples: number;
  /** The finest knowledge that went into it. */
  readonly basis: "hour of the week" | "hour of the day" | "all values";
}

/** What one level of knowledge says. */
interface Belief {
  readonly centre: number;
  readonly variance: number;
}

/**
 * Learns what is normal for one series, by hour of the day and day of the week (UTC).
 *
 * Three levels: all values, the hour of the day, the hour of the week. Each is believed over the one before
 * it as far as it has been visited (on 1, 2, 3 … days or weeks), so that partial knowledge is of use from
 * the first hour and no single bad day is law. Outliers beyond 1.5 interquartile ranges do not count.
 * Lasting changes of level are taken up within a day, changes of season within weeks.
 *
 * 6.6 KB, whatever comes; about 4 µs a value. Never throws.
 */
export class Baseline {
  /** All that is learned but for a few numbers. */
  readonly #data = new Float32Array(FLOATS);
  readonly #slots = new WeekSlots(this.#data.subarray(0, HOURS_AT));
  readonly #hours = new Digests(this.#data.subarray(HOURS_AT, OPEN_AT), HOUR_SIZE);
  readonly #open = new Digests(this.#data.subarray(OPEN_AT, WHOLE_AT), OPEN_SIZE);
  readonly #whole = new Digests(this.#data.subarray(WHOLE_AT, VISITS_AT), WHOLE_SIZE);
  readonly #dayVisits = this.#data.subarray(VISITS_AT);
  readonly #drift = new Drift();
  readonly #phase = new Phase();
  /** The hour that is under way; it becomes knowledge when it is over, so that it is judged by others. */
  #hour = Number.NEGATIVE_INFINITY;
  /** Values of an hour that was not cut short, the most of late. */
  #pace = 1;
  #samples = 0;
  #isNegative = false;

  /** Values learned, ever. */
  get samples(): number {
    return this.#samples;
  }

  /** Learns a value. One that is not finite is missing. */
  observe(value: number, timeMs: number): void {
    if (!Number.isFinite(value) || !Number.isFinite(timeMs)) return;
    const hour = hourNumber(timeMs);
    this.#phase.observe(value, timeMs, hour, (shift) => this.#learnedAt(hour + shift));
    const { mean, deviation, visits } = this.#slots.at(this.#slotOf(hour));
    this.#drift.observe(value, mean, deviation, trustIn(visits), timeMs);
    this.#learn(value, hour);
  }

  /** @param timeMs - epoch ms, past or future @returns undefined while fewer than 30 values are known */
  range(timeMs: number): NormalRange | undefined {
    if (!Number.isFinite(timeMs) || this.#samples < LEAST_SAMPLES) return undefined;
    const hour = hourNumber(timeMs);
    const own = this.#rangeAt(hour);
    if (!this.#phase.isOpen) return own;
    const near = [this.#rangeAt(hour - 1), this.#rangeAt(hour + 1)];
    return {
      ...own,
      lower: Math.min(own.lower, ...near.map(({ lower }) => lower)),
      upper: Math.max(own.upper, ...near.map(({ upper }) => upper)),
    };
  }

  /** What is usual at the hour of the day of a time; without one, altogether. */
  usual(timeMs?: number): Usual {
    if (timeMs === undefined) return this.#whole.usual(0);
    return this.#hours.usual(this.#dayHourOf(hourNumber(timeMs)));
  }

  /** Mean, deviation and samples of the hour of the week of a time, outliers clipped. */
  usualOfWeek(timeMs: number): Pick<Usual, "mean" | "deviation" | "samples"> {
    const { mean, deviation, samples } = this.#slots.at(this.#slotOf(hourNumber(timeMs)));
    if (samples === 0) return { mean: Number.NaN, deviation: Number.NaN, samples };
    return { mean, deviation, samples };
  }

  /** All it has learned, as JSON: 8.7 KB. */
  save(): unknown {
    return {
      data: textOfFloats(this.#data),
      hour: Number.isFinite(this.#hour) ? this.#hour : null,
      pace: this.#pace,
      samples: this.#samples,
      negative: this.#isNegative,
      drift: this.#drift.save(),
      phase: this.#phase.save(),
    };
  }

  /** Continues from `save()`. @returns false for what it cannot read, which leaves it as it was */
  restore(state: unknown): boolean {
    const { data, hour, pace, samples, negative, drift, phase } = (state ?? {}) as Record<
      string,
      unknown
    >;
    const floats = floatsOf(data, FLOATS);
    if (floats === undefined || !floats.every(Number.isFinite)) return false;
    if (!Array.isArray(drift) || drift.length !== 3) return false;
    if (![...drift, pace, samples, phase].every(Number.isFinite)) return false;
    this.#data.set(floats);
    this.#hour = typeof hour === "number" ? hour : Number.NEGATIVE_INFINITY;
    this.#pace = pace as number;
    this.#samples = samples as number;
    this.#isNegative = negative === true;
    this.#drift.restore(drift);
    this.#phase.restore(phase as number);
    return true;
  }

  #learn(value: number, hour: number): void {
    // A clock that had been far ahead goes on from where it is now.
    if (hour > this.#hour || hour < this.#hour - HOURS_A_DAY) this.#begin(hour);
    const bounded = Math.max(-MOST, Math.min(MOST, value));
    if (hour === this.#hour) this.#open.add(0, bounded);
    this.#whole.add(0, bounded);
    this.#samples++;
    if (value < 0) this.#isNegative = true;
  }

  #begin(hour: number): void {
    if (Number.isFinite(this.#hour)) this.#close(this.#hour);
    this.#hour = hour;
    this.#whole.fade(0, HOURLY_MEMORY);
  }

  /** What the hour that is over has taught becomes knowledge. */
  #close(hour: number): void {
    const day = this.#dayHourOf(hour);
    const visit = this.#open.usual(0);
    this.#pace = Math.max(1, visit.samples, this.#pace * PACE_MEMORY);
    this.#slots.add(this.#slotOf(hour), visit, Math.min(1, (2 * visit.samples) / this.#pace));
    this.#hours.fade(day, DAILY_MEMORY);
    this.#hours.addAll(day, this.#open, 0);
    this.#dayVisits[day] = (this.#dayVisits[day] as number) * DAILY_MEMORY + 1;
    this.#open.clear(0);
  }

  #rangeAt(hour: number): NormalRange {
    const belief = this.#believed(hour);
    const day = this.#dayHourOf(hour);
    const slot = this.#slots.at(this.#slotOf(hour));
    const hasHour = (this.#dayVisits[day] as number) > 0;
    const shape = hasHour ? this.#shapeOf(this.#hours, day) : this.#shapeOf(this.#whole, 0);
    const deviation = Math.sqrt(belief.variance);
    const { factor, offset } = this.#shift();
    const shifted = (value: number) => value * factor + offset;
    const lower = shifted(belief.centre - shape.down * deviation);
    return {
      lower: this.#isNegative ? lower : Math.max(0, lower),
      upper: shifted(belief.centre + shape.up * deviation),
      expected: shifted(belief.centre),
      samples:
        slot.samples || (hasHour ? this.#hours : this.#whole).usual(hasHour ? day : 0).samples,
      basis: slot.visits > 0 ? "hour of the week" : hasHour ? "hour of the day" : "all values",
    };
  }

  /** How many deviations the hour's own 1st and 99th percentile are away. */
  #shapeOf(digests: Digests, which: number): { down: number; up: number } {
    const { p50, p99, deviation } = digests.usual(which);
    const p1 = Math.max(digests.quantile(which, 0.01), digests.fences(which).lower);
    const reach = (apart: number) =>
      Math.min(MOST_REACH, Math.max(LEAST_REACH, apart / deviation || 0));
    return { down: reach(p50 - p1), up: reach(p99 - p50) };
  }

  /** Mean of an hour that weeks have taught, moved as the level has since. */
  #learnedAt(hour: number): number {
    const { mean, visits } = this.#slots.at(this.#slotOf(hour));
    if (visits < AGREEING_VISITS) return Number.NaN;
    const { factor, offset } = this.#shift();
    return mean * factor + offset;
  }

  #shift(): Shift {
    return this.#drift.shift(this.#whole.quantile(0, 0.1) > 0);
  }

  /** The three levels as one, the drift left out. */
  #believed(hour: number): Belief {
    const day = this.#dayHourOf(hour);
    const slot = this.#slots.at(this.#slotOf(hour));
    const whole = this.#whole.usual(0);
    const ofDay = this.#hours.usual(day);
    const dayVisits = this.#dayVisits[day] as number;
    const daily = blend(
      { centre: whole.p50, variance: whole.deviation ** 2 },
      { centre: ofDay.p50, variance: ofDay.deviation ** 2 },
      dayVisits,
    );
    // The slot knows a mean; how far that of the hour is from its median tells the median.
    const skew = dayVisits > 0 ? ofDay.p50 - ofDay.mean : 0;
    const stretch = ofDay.deviation > 0 ? Math.min(1, slot.deviation / ofDay.deviation) : 0;
    const centre = slot.mean + skew * stretch;
    return blend(daily, { centre, variance: slot.deviation ** 2 }, slot.visits);
  }

  #slotOf(hour: number): number {
    return hourOfWeek(hour + this.#phase.hours);
  }

  #dayHourOf(hour: number): number {
    return hourOfDay(hour + this.#phase.hours);
  }
}

function trustIn(visits: number): number {
  return (visits * visits) / (visits * visits + 1);
}

/**
 * Shrinkage: the finer level by how often it was visited, and, once visits can agree, by how far it is from
 * the coarser beside how far they are from one another. The doubt about the finer centre, and what the
 * coarser pulls it aside, widen the whole.
 */
function blend(coarse: Belief, fine: Belief, visits: number): Belief {
  if (visits === 0) return coarse;
  const apart = fine.centre - coarse.centre;
  const agreed = visits < AGREEING_VISITS ? 0 : apart ** 2 / (apart ** 2 + fine.variance / visits);
  const trust = Math.max(trustIn(visits), agreed || 0);
  const rest = 1 - trust;
  return {
    centre: coarse.centre + trust * apart,
    variance:
      trust * fine.variance * (1 + 1 / visits) + rest * coarse.variance + (rest * apart) ** 2,
  };
}
