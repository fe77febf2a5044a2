import { quantileOf } from "../quantiles.js";
import { type Columns, columnsOf, type Series } from "../series.js";
import { type Line, lineThrough } from "../trend/theil-sen.js";

const LEAST_PAIRS = 24;
/** Load must have varied by so much, 95th percentile over 5th, to show anything. */
const LEAST_VARIATION = 1.2;
/** Rank agreement below which load does not explain what is looked at. */
const LEAST_TAU = 0.2;
/** Above this share of the values load counts as heavy. */
const HEAVY = 2 / 3;

/** How something follows load: a line, or one that is steeper where load is heavy. */
export interface LoadCurve {
  readonly pairs: number;
  /** 95th percentile of load, the heaviest seen, and a middle one. */
  readonly usualLoad: number;
  readonly heaviest: number;
  readonly middle: number;
  readonly bends: boolean;
  /** Value without load, and what each unit of usual load adds. */
  readonly idle: number;
  readonly perLoad: number;
  /** What each unit of load beyond the heaviest adds, and the doubt about it. */
  readonly steepest: number;
  readonly doubt: number;
  /** Sorted distances of values from the curve. */
  readonly rests: Float64Array;
  at(load: number): number;
}

/** @returns in words why there is none: too few pairs, load that hardly varies, no relation */
export function loadCurve(
  load: Series,
  effect: Series,
  stepMs: number,
  level: number,
): LoadCurve | string {
  const pairs = pairsOf(load, effect, stepMs);
  const { times: loads, values } = pairs;
  const n = loads.length;
  if (n < LEAST_PAIRS) return `${n} values of both so far; it takes ${LEAST_PAIRS}`;
  const usualLoad = quantileOf(loads, 0.95);
  // Fitted over load as other lines are over time.
  const line = lineThrough(pairs, level);
  if (line === undefined || !(usualLoad > LEAST_VARIATION * quantileOf(loads, 0.05))) {
    return "load has hardly varied, so nothing shows what it does";
  }
  if (line.tau < LEAST_TAU) return "it does not follow load";
  const from = Math.floor(n * HEAVY);
  const heavy = lineThrough(part(pairs, from, n), level);
  const light = lineThrough(part(pairs, 0, from), level);
  const bend = heavy && light && heavy.lower > light.upper ? { heavy, light } : undefined;
  const knee = loads[from] as number;
  const base = bend?.light ?? line;
  const steep = bend?.heavy ?? line;
  const zero = loads[0] as number;
  const idle = base.start - base.slope * zero;
  const at = (x: number) =>
    bend !== undefined && x > knee ? valueAt(bend.heavy, knee, x) : valueAt(base, zero, x);
  return {
    pairs: n,
    usualLoad,
    heaviest: loads[n - 1] as number,
    middle: quantileOf(loads, 0.5),
    bends: bend !== undefined,
    idle,
    perLoad: base.slope,
    steepest: steep.slope,
    doubt: (steep.upper - steep.lower) / 2,
    rests: Float64Array.from(values, (value, i) => value - at(loads[i] as number)).sort(),
    at,
  };
}

function valueAt(line: Line, from: number, x: number): number {
  return line.start + line.slope * (x - from);
}

function part({ times, values }: Columns, from: number, to: number): Columns {
  return { times: times.subarray(from, to), values: values.subarray(from, to) };
}

/** Values of the same steps, in the order of load. */
function pairsOf(load: Series, effect: Series, stepMs: number): Columns {
  const x = columnsOf(load);
  const y = columnsOf(effect);
  const effects = new Map<number, number>();
  for (const [i, time] of y.times.entries()) {
    effects.set(Math.floor(time / stepMs), y.values[i] as number);
  }
  const pairs: { timeMs: number; value: number }[] = [];
  for (const [i, time] of x.times.entries()) {
    const value = effects.get(Math.floor(time / stepMs));
    if (value !== undefined) pairs.push({ timeMs: x.values[i] as number, value });
  }
  return columnsOf(pairs);
}
