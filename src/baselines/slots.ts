import { HOURS_A_WEEK } from "./calendar.js";

/** What a week-old visit weighs beside one of today. */
const WEEKLY_MEMORY = 0.75;
/** Visits whose deviation says what is far, and how many deviations that is. */
const VISITS_FOR_BOUNDS = 1.5;
const REACH = 4;
/** A lasting change is learned, if slowly. */
const BEYOND = 0.25;
/** Mean, variance, samples, visits. */
const FIELDS = 4;

export const SLOT_FLOATS = HOURS_A_WEEK * FIELDS;

export interface Slot {
  readonly mean: number;
  readonly deviation: number;
  readonly samples: number;
  /** Weeks it was seen in, old ones by what they still weigh. */
  readonly visits: number;
}

/** Of a week that is far from those before it, what is out of reach counts in part. */
function bounded(apart: number, { deviation, visits }: Slot): number {
  const reach = REACH * deviation;
  const beyond = Math.abs(apart) - reach;
  if (visits < VISITS_FOR_BOUNDS || beyond <= 0) return apart;
  return Math.sign(apart) * (reach + BEYOND * beyond);
}

/** Mean and deviation of each hour of the week, in one stretch of memory. */
export class WeekSlots {
  /** @param data - `SLOT_FLOATS` floats; kept, and written to */
  constructor(private readonly data: Float32Array) {}

  at(hourOfWeek: number): Slot {
    const { data } = this;
    const base = hourOfWeek * FIELDS;
    return {
      mean: data[base] as number,
      deviation: Math.sqrt(data[base + 1] as number),
      samples: data[base + 2] as number,
      visits: data[base + 3] as number,
    };
  }

  /** @param share - how much of a visit it is, above 0 to 1: visits weigh the same, whatever the pace of values */
  add(hourOfWeek: number, visit: Omit<Slot, "visits">, share: number): void {
    const { mean, deviation, samples } = visit;
    const { data } = this;
    const base = hourOfWeek * FIELDS;
    const before = this.at(hourOfWeek);
    const old = before.visits * WEEKLY_MEMORY;
    const visits = old + share;
    const part = 1 - old / visits;
    const apart = bounded(mean - before.mean, before);
    const variance = data[base + 1] as number;
    data[base] += part * apart;
    data[base + 1] =
      (1 - part) * variance + part * deviation ** 2 + part * (1 - part) * apart * apart;
    data[base + 2] = (data[base + 2] as number) * WEEKLY_MEMORY + samples;
    data[base + 3] = visits;
  }
}
