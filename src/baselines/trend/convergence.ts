import { median, quantileOf } from "../quantiles.js";
import { type Columns, columnsOf, type Series } from "../series.js";
import { copyOf, within } from "../within.js";
import { figure } from "../words.js";
import { lineThrough } from "./theil-sen.js";

const LEAST_VALUES = 20;
const LEVEL = 0.9;
/** Parts of a series that a plateau may begin at. */
const PARTS = 20;
/** Medians of parts are apart by so many deviations of noise only when the series has moved. */
const MOVED = 6;

export interface ConvergenceOptions {
  /** Share of its size that a series may still move over its last part. @default 0.01 */
  readonly tolerance?: number;
  /** Which last part of it is looked at, 0.05 … 0.5. @default 0.1, but 10 values at least */
  readonly share?: number;
}

export interface Convergence {
  readonly converged: boolean;
  /** It moved before it stopped; a series that never did has nothing to converge from. */
  readonly moved: boolean;
  /** Movement over the last part, as a share of the size of the series there. */
  readonly change: number;
  /** Where it tends to, if it slows down as exponentials do; undefined when it does not slow down. */
  readonly limit?: number;
  readonly reason: string;
  /** What to do about it. */
  readonly advice?: string;
}

/**
 * Whether a series, a training loss say, has come to rest: what the line through its last part moves is
 * below the tolerance. Noise around the line does not count as movement.
 *
 * Never throws.
 */
export function convergence(series: Series, options?: ConvergenceOptions): Convergence {
  const given = copyOf(options);
  const tolerance = within(given.tolerance, 0.01, 0, 1);
  const share = within(given.share, 0.1, 0.05, 0.5);
  const columns = columnsOf(series);
  const n = columns.values.length;
  if (n < LEAST_VALUES) {
    const reason = `${n} values so far; convergence takes ${LEAST_VALUES}`;
    return { converged: false, moved: false, change: Number.NaN, reason };
  }
  const tail = Math.max(10, Math.round(n * share));
  const change = changeOf(part(columns, n - tail));
  const early = median(columns.values.subarray(0, Math.min(tail, n - tail)));
  const late = median(columns.values.subarray(n - tail));
  const moved = Math.abs(late - early) > 2 * tolerance * Math.abs(late || early);
  const isAtRest = Math.abs(change) <= tolerance;
  const limit = limitOf(columns.values);
  const last = `the last ${tail} values moved it by ${figure(Math.abs(change), "1")}`;
  if (isAtRest && moved) {
    const advice = "consider stopping early: more steps change little";
    return { converged: true, moved, change, limit, reason: `converged: ${last}`, advice };
  }
  const state = isAtRest ? "at rest from the start" : "still moving";
  return { converged: false, moved, change, limit, reason: `${state}: ${last}` };
}

export interface PlateauOptions {
  /** Share of all it has moved so far that it may move on the plateau. @default 0.05 */
  readonly tolerance?: number;
  /** Share of the series that a plateau takes up at least. @default 0.25 */
  readonly share?: number;
}

export interface Plateau {
  readonly plateau: boolean;
  /** When it began: epoch ms, or the step. */
  readonly sinceMs?: number;
  /** The value it stays around. */
  readonly level?: number;
  readonly reason: string;
  readonly advice?: string;
}

/**
 * Whether a series that used to move has stopped, and since when: the longest last part in which the line
 * through it moves little of what the series has moved in all.
 *
 * Never throws.
 */
export function plateau(series: Series, options?: PlateauOptions): Plateau {
  const given = copyOf(options);
  const tolerance = within(given.tolerance, 0.05, 0, 1);
  const share = within(given.share, 0.25, 0.05, 0.95);
  const columns = columnsOf(series);
  const n = columns.values.length;
  if (n < LEAST_VALUES) {
    return { plateau: false, reason: `${n} values so far; a plateau takes ${LEAST_VALUES}` };
  }
  const blocks = blockMedians(columns.values, PARTS);
  const sorted = Float64Array.from(blocks).sort();
  const range = quantileOf(sorted, 1) - quantileOf(sorted, 0);
  const noise = noiseOf(columns.values) / Math.sqrt(n / PARTS);
  if (range <= MOVED * noise)
    return { plateau: false, reason: "it has never moved beyond its noise" };
  for (let at = 1; at <= PARTS * (1 - share); at++) {
    const from = Math.round((at * n) / PARTS);
    const tail = part(columns, from);
    const line = lineThrough(tail, LEVEL);
    if (line === undefined) break;
    const span = (tail.times.at(-1) as number) - (tail.times[0] as number);
    const rest = blocks.slice(at);
    const wandered = Math.max(...rest) - Math.min(...rest);
    const isFlat = Math.abs(line.slope) * span <= tolerance * range;
    if (!isFlat || wandered > tolerance * range + MOVED * noise) continue;
    const level = median(tail.values);
    return {
      plateau: true,
      sinceMs: tail.times[0] as number,
      level,
      reason: `around ${figure(level)} for the last ${tail.values.length} of ${n} values`,
      advice: "it no longer improves by itself: change something, or stop",
    };
  }
  return { plateau: false, reason: "still moving" };
}

function part({ times, values }: Columns, from: number): Columns {
  return { times: times.subarray(from), values: values.subarray(from) };
}

/** What the line through values moves, as a share of their size. */
function changeOf(columns: Columns): number {
  const line = lineThrough(columns, LEVEL);
  const { times, values } = columns;
  if (line === undefined) return Number.NaN;
  const size = median(values.map(Math.abs));
  const moved = line.slope * ((times.at(-1) as number) - (times[0] as number));
  return moved === 0 ? 0 : moved / size;
}

/**
 * The limit of an exponential through the medians of the last three quarters.
 * @see Aitken 1926, Δ²
 */
function limitOf(values: Float64Array): number | undefined {
  const [, first, second, third] = blockMedians(values, 4) as [number, number, number, number];
  const before = second - first;
  const after = third - second;
  const ratio = after / before;
  if (!(ratio >= 0 && ratio < 0.9)) return undefined;
  return third + (after * ratio) / (1 - ratio);
}

function blockMedians(values: Float64Array, blocks: number): number[] {
  return Array.from({ length: blocks }, (_, at) => {
    const from = Math.round((at * values.length) / blocks);
    return median(values.subarray(from, Math.round(((at + 1) * values.length) / blocks)));
  });
}

/** Deviation from one value to the next, as independent noise would make it. */
function noiseOf(values: Float64Array): number {
  const moves = values.subarray(1).map((value, i) => Math.abs(value - (values[i] as number)));
  return (1.4826 * median(moves)) / Math.SQRT2;
}
