import { type Events, minus, NO_EVENTS } from "./objective.js";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** A moment is kept so finely for so long; then every `stepMs` of them remains. */
interface Tier {
  readonly stepMs: number;
  readonly keepMs: number;
  /** Oldest first: times, and absolute counts at each. */
  times: number[];
  good: number[];
  total: number[];
}

/** Differences from one moment to the next: times, good and total in turn. */
export type HistoryState = readonly (readonly number[])[];

/**
 * How many events there were at any time: absolute counts, so that any window is one subtraction.
 *
 * Every step for 7 h, each minute for 4 days, each hour for `keepMs`: at 10-s steps and 90 days some
 * 10,400 moments, 250 KB.
 */
export class History {
  readonly #tiers: readonly Tier[];

  /** @param stepMs - between two moments of the finest tier @param keepMs - how far back it reaches */
  constructor(stepMs: number, keepMs: number) {
    const tier = (step: number, keep: number): Tier => {
      return { stepMs: step, keepMs: keep, times: [], good: [], total: [] };
    };
    this.#tiers = [
      tier(stepMs, 7 * HOUR),
      tier(Math.max(stepMs, MINUTE), 4 * DAY),
      tier(Math.max(stepMs, HOUR), Math.max(keepMs, 4 * DAY) + DAY),
    ];
  }

  get latest(): Events {
    const { good, total } = this.#tiers[0] as Tier;
    return { good: good.at(-1) ?? 0, total: total.at(-1) ?? 0 };
  }

  /** Epoch ms of the oldest moment; undefined while there is none. */
  get since(): number | undefined {
    const oldest = this.#tiers.map(({ times }) => times[0]).filter((at) => at !== undefined);
    return oldest.length === 0 ? undefined : Math.min(...oldest);
  }

  /** @param timeMs - one that does not advance replaces the moment before: clocks are set */
  add(timeMs: number, { good, total }: Events): void {
    for (const tier of this.#tiers) {
      retreat(tier, timeMs);
      const before = tier.times.at(-2);
      // The last moment moves on until it is a step away from the one before.
      if (before !== undefined && cell(tier.times.at(-1) as number, tier) === cell(timeMs, tier)) {
        drop(tier);
      }
      tier.times.push(timeMs);
      tier.good.push(good);
      tier.total.push(total);
      this.#trim(tier, timeMs);
    }
  }

  /** Events in `(fromMs, toMs]`: of what is known, where it does not reach back so far. */
  between(fromMs: number, toMs: number): Events {
    const end = this.#at(toMs);
    if (end === undefined) return NO_EVENTS;
    const start = this.#at(fromMs) ?? this.#first();
    return minus(end, start);
  }

  /** All but the finest tier: a restart costs it its seconds. */
  save(): HistoryState {
    return this.#tiers.slice(1).map(({ times, good, total }) => {
      const state: number[] = [];
      times.forEach((time, at) => {
        state.push(time - (times[at - 1] ?? 0), step(good, at), step(total, at));
      });
      return state;
    });
  }

  /**
   * Puts what was saved before what was added since the start.
   *
   * @returns the counts it ended with, which all that are added from now on include; undefined: it was no
   * state of this kind
   */
  restore(state: unknown): Events | undefined {
    const [finest, ...coarser] = this.#tiers as [Tier, ...Tier[]];
    if (!Array.isArray(state) || state.length !== coarser.length || !state.every(isTier)) {
      return undefined;
    }
    const own = { times: finest.times, good: finest.good, total: finest.total };
    for (const [at, tier] of coarser.entries()) fill(tier, state[at]);
    const [minutes] = coarser as [Tier];
    Object.assign(finest, {
      times: [...minutes.times],
      good: [...minutes.good],
      total: [...minutes.total],
    });
    const before = this.latest;
    own.times.forEach((time, at) => {
      const good = before.good + (own.good[at] as number);
      this.add(time, { good, total: before.total + (own.total[at] as number) });
    });
    return before;
  }

  /** The counts at a time, from the finest tier that reaches back there. */
  #at(timeMs: number): Events | undefined {
    for (const tier of this.#tiers) {
      const at = lastAtOrBefore(tier.times, timeMs);
      if (at < 0) continue;
      // In the finest tier every moment is kept: nothing happened in between.
      return tier === this.#tiers[0] ? eventsAt(tier, at) : eventsBetween(tier, at, timeMs);
    }
    return undefined;
  }

  #first(): Events {
    const coarsest = this.#tiers.at(-1) as Tier;
    return eventsAt(coarsest, 0);
  }

  #trim(tier: Tier, now: number): void {
    let stale = 0;
    // One moment before the oldest wanted stays: windows begin at it.
    while (stale + 1 < tier.times.length && (tier.times[stale + 1] as number) <= now - tier.keepMs)
      stale++;
    // Taken out in pieces: a shift of each alone would move all the others.
    if (stale < 64 && stale < tier.times.length / 2) return;
    tier.times.splice(0, stale);
    tier.good.splice(0, stale);
    tier.total.splice(0, stale);
  }
}

/** Lets go of moments that are not before a time; what they had counted belongs to the step before it. */
function retreat(tier: Tier, timeMs: number): void {
  if (tier.times.length === 0 || (tier.times.at(-1) as number) < timeMs) return;
  const oldest = eventsAt(tier, 0);
  while (tier.times.length > 0 && (tier.times.at(-1) as number) >= timeMs) drop(tier);
  if (tier.times.length > 0) return;
  tier.times.push(timeMs - tier.stepMs);
  tier.good.push(oldest.good);
  tier.total.push(oldest.total);
}

function drop(tier: Tier): void {
  tier.times.pop();
  tier.good.pop();
  tier.total.pop();
}

function step(counts: readonly number[], at: number): number {
  return (counts[at] as number) - (counts[at - 1] ?? 0);
}

function isTier(state: unknown): state is readonly number[] {
  return (
    Array.isArray(state) &&
    state.length % 3 === 0 &&
    state.every((each, at) => Number.isFinite(each) && (at % 3 !== 0 || each > 0))
  );
}

function fill(tier: Tier, steps: readonly number[]): void {
  tier.times = [];
  tier.good = [];
  tier.total = [];
  for (let at = 0; at < steps.length; at += 3) {
    tier.times.push((tier.times.at(-1) ?? 0) + (steps[at] as number));
    tier.good.push((tier.good.at(-1) ?? 0) + (steps[at + 1] as number));
    tier.total.push((tier.total.at(-1) ?? 0) + (steps[at + 2] as number));
  }
}

function cell(timeMs: number, { stepMs }: Tier): number {
  return Math.ceil(timeMs / stepMs);
}

function eventsAt({ good, total }: Tier, at: number): Events {
  return { good: good[at] ?? 0, total: total[at] ?? 0 };
}

/**
 * The counts at a time from a moment on: in proportion where it lies between two of them. Without it a window
 * of a day that begins within a minute would be up to a minute too long, and a slow burn found steps late.
 */
function eventsBetween(tier: Tier, at: number, timeMs: number): Events {
  const before = eventsAt(tier, at);
  const [from, to] = [tier.times[at] as number, tier.times[at + 1]];
  if (to === undefined || timeMs === from) return before;
  const after = eventsAt(tier, at + 1);
  const part = (one: number, other: number) => {
    return Math.round(one + ((other - one) * (timeMs - from)) / (to - from));
  };
  return { good: part(before.good, after.good), total: part(before.total, after.total) };
}

/** @returns −1 when all are later */
function lastAtOrBefore(times: readonly number[], timeMs: number): number {
  let low = 0;
  let high = times.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((times[middle] as number) <= timeMs) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
