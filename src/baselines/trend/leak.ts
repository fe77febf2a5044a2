import { median } from "../quantiles.js";
import { type Columns, columnsOf, type Series } from "../series.js";
import { copyOf, within } from "../within.js";
import { duration, figure } from "../words.js";
import { lineThrough } from "./theil-sen.js";

const HOUR_MS = 3_600_000;
const LEVEL = 0.99;
/** Parts of the series whose least values are compared: what is left after a collection. */
const BLOCKS = 12;
/** Values of a part, so that one of them may well have followed a collection. */
const LEAST_IN_BLOCK = 4;
/** Share of pairs of parts of which the later is higher, less that of which it is lower. */
const LEAST_TAU = 0.7;
/** Growth of the second half over that of the first: below, it is coming to rest. */
const LEAST_PERSISTENCE = 0.4;

export interface LeakOptions {
  /** How long it must have grown, in ms. @default 7_200_000 */
  readonly minSpanMs?: number;
  /** Share of its size at first by which it must have grown. @default 0.1 */
  readonly minGrowth?: number;
  /** What is full, in the unit of the series: says when. */
  readonly limit?: number;
  /** UCUM unit, for the words; `"1"` is told as percent. */
  readonly unit?: string;
}

export interface Leak {
  readonly leaking: boolean;
  /** Growth of the floor, an hour, and where it is with 99 % confidence. */
  readonly perHour: number;
  readonly lowerPerHour: number;
  readonly upperPerHour: number;
  /** Share of the first floor that it grew by. */
  readonly growth: number;
  /** Epoch ms when the floor reaches the limit at this pace. */
  readonly fullAtMs?: number;
  readonly reason: string;
}

/**
 * Whether something grows and never gives back, as leaked memory does: its floor, the least value of each
 * twelfth of the time, rises all the way and does not slow down. What garbage collections free, caches that
 * fill up and bursts are no leaks.
 *
 * Of less than a day it may be the morning's traffic: give whole days where load has a season.
 * Never throws.
 */
export function leak(series: Series, options?: LeakOptions): Leak {
  const { unit = "", ...given } = copyOf(options);
  const limit = within(given.limit, Number.NaN, -Number.MAX_VALUE, Number.MAX_VALUE);
  const minSpanMs = within(given.minSpanMs, 2 * HOUR_MS, 1, Number.MAX_VALUE);
  const minGrowth = within(given.minGrowth, 0.1, 0, Number.MAX_VALUE);
  const columns = columnsOf(series);
  const { times } = columns;
  const span = times.length === 0 ? 0 : (times.at(-1) as number) - (times[0] as number);
  const floors = floorsOf(columns, span);
  if (span < minSpanMs || floors === undefined) {
    const known = `${times.length} values over ${duration(span)}`;
    const reason = `${known}; a leak takes ${BLOCKS * LEAST_IN_BLOCK} over ${duration(minSpanMs)}`;
    return no(reason, Number.NaN);
  }
  const line = lineThrough(floors, LEVEL);
  if (line === undefined) return no("the times of its values do not differ", Number.NaN);
  const { slope, lower, upper, start, tau } = line;
  const reach = (floors.times.at(-1) as number) - (floors.times[0] as number);
  const first = Math.abs(start) || Number.MIN_VALUE;
  const growth = (slope * reach) / first;
  const figures = {
    perHour: slope * HOUR_MS,
    lowerPerHour: lower * HOUR_MS,
    upperPerHour: upper * HOUR_MS,
    growth,
  };
  const end = start + slope * reach;
  const moved = `its floor went from ${figure(start, unit)} to ${figure(end, unit)} in ${duration(span)}`;
  const doubts = [
    lower <= 0 && "what it grew may be noise",
    growth < minGrowth && "it grew little",
    tau < LEAST_TAU && "it fell in between",
    persistence(floors) < LEAST_PERSISTENCE && "it slows down, as a cache that fills",
  ].filter((doubt) => doubt !== false);
  if (doubts.length > 0) return { leaking: false, ...figures, reason: `no leak: ${doubts[0]}` };
  const now = times.at(-1) as number;
  const fullAtMs = now + Math.max(0, limit - end) / slope;
  const pace = `${figure(figures.perHour, unit)} an hour`;
  if (Number.isNaN(limit)) {
    return { leaking: true, ...figures, reason: `grows and gives nothing back: ${moved}, ${pace}` };
  }
  const full = `full in ${duration(fullAtMs - now)}`;
  const reason = `grows and gives nothing back: ${moved}, ${pace}; ${full}`;
  return { leaking: true, ...figures, fullAtMs, reason };
}

function no(reason: string, figures: number): Leak {
  const unknown = { perHour: figures, lowerPerHour: figures, upperPerHour: figures };
  return { leaking: false, ...unknown, growth: figures, reason };
}

/** The least value of each part, at its middle; undefined when a part has too few. */
function floorsOf({ times, values }: Columns, span: number): Columns | undefined {
  const floors = new Float64Array(BLOCKS).fill(Number.POSITIVE_INFINITY);
  const counts = new Uint32Array(BLOCKS);
  const from = times[0] as number;
  for (const [i, value] of values.entries()) {
    const block = Math.min(BLOCKS - 1, Math.floor((((times[i] as number) - from) / span) * BLOCKS));
    floors[block] = Math.min(floors[block] as number, value);
    counts[block]++;
  }
  if (counts.some((count) => count < LEAST_IN_BLOCK)) return undefined;
  const middles = Float64Array.from(floors, (_, at) => from + ((at + 0.5) * span) / BLOCKS);
  return { times: middles, values: floors };
}

/** Growth of the second half as a share of that of the first. */
function persistence({ values }: Columns): number {
  const third = BLOCKS / 3;
  const [begin, middle, end] = [0, 1, 2].map((at) =>
    median(values.subarray(at * third, (at + 1) * third)),
  ) as [number, number, number];
  return (end - middle) / Math.max(middle - begin, Number.MIN_VALUE);
}
