import { median } from "../quantiles.js";
import { columnsOf, type Series } from "../series.js";
import { copyOf, within } from "../within.js";
import { figure } from "../words.js";
import { lineThrough } from "./theil-sen.js";

/** Values below which no trend is told. */
const LEAST_VALUES = 8;

export interface TrendOptions {
  /** Which way is bad: up for latency, errors, a loss; down for a throughput, an accuracy. */
  readonly worse?: "up" | "down";
  /** How sure to be that it moves at all, 0.5 … 0.999. @default 0.95 */
  readonly level?: number;
  /** Share of its usual size that it must have moved over the series to be more than stable. @default 0.05 */
  readonly minChange?: number;
  /** UCUM unit, for the words; `"1"` is told as percent. */
  readonly unit?: string;
}

export type TrendKind = "degradation" | "improvement" | "rising" | "falling" | "stable" | "unknown";

export interface Trend {
  /** `rising` and `falling` where nothing says which way is bad; `unknown` of too few values. */
  readonly kind: TrendKind;
  /** By how much it moves, a millisecond or a step. */
  readonly slope: number;
  /** Where the slope is with the confidence asked for. */
  readonly lower: number;
  readonly upper: number;
  /** Movement from the start of the series to its end, as a share of its usual size. */
  readonly change: number;
  /** Deviation from the line, as a share of the usual size. */
  readonly volatility: number;
  readonly samples: number;
  /** In words. */
  readonly reason: string;
}

const UNKNOWN = {
  slope: Number.NaN,
  lower: Number.NaN,
  upper: Number.NaN,
  change: Number.NaN,
  volatility: Number.NaN,
};

/**
 * Whether a series gets worse, better, or neither: its slope by Theil–Sen, with confidence.
 *
 * A change counts when its bounds leave out zero and it is worth mention. A daily season in the series is
 * taken for noise; give whole days. A quarter of the values may be outliers. Takes about 1 ms.
 * Never throws.
 */
export function trend(series: Series, options?: TrendOptions): Trend {
  const { worse, unit = "", ...given } = copyOf(options);
  const level = within(given.level, 0.95, 0.5, 0.999);
  const minChange = within(given.minChange, 0.05, 0, Number.MAX_VALUE);
  const columns = columnsOf(series);
  const { times, values } = columns;
  const samples = values.length;
  const line = samples < LEAST_VALUES ? undefined : lineThrough(columns, level);
  if (line === undefined) {
    const reason = `${samples} values so far; a trend takes ${LEAST_VALUES} at different times`;
    return { kind: "unknown", ...UNKNOWN, samples, reason };
  }
  const { slope, lower, upper, start, deviation } = line;
  const moved = slope * ((times[samples - 1] as number) - (times[0] as number));
  const size = median(values.map(Math.abs)) || Math.abs(moved);
  const change = size === 0 ? 0 : moved / size;
  const isSure = lower > 0 || upper < 0;
  const kind: TrendKind =
    !isSure || Math.abs(change) < minChange ? "stable" : named(slope > 0 ? "up" : "down", worse);
  const path = `from ${figure(start, unit)} to ${figure(start + moved, unit)}`;
  const share = `${change > 0 ? "+" : "−"}${figure(Math.abs(change), "1")}`;
  const reason =
    kind === "stable"
      ? `stable around ${figure(median(values), unit)}: ${isSure ? `moved only ${share}` : "what it moved may be noise"}`
      : `${kind}: ${path} (${share}), sure to ${figure(level, "1")}`;
  const volatility = size === 0 ? 0 : deviation / size;
  return { kind, slope, lower, upper, change, volatility, samples, reason };
}

function named(direction: "up" | "down", worse: TrendOptions["worse"]): TrendKind {
  if (worse === undefined) return direction === "up" ? "rising" : "falling";
  return direction === worse ? "degradation" : "improvement";
}
