import type { Signal } from "../../snapshot/events.js";
import type { AttributesData } from "../../snapshot/model.js";
import { inSlices, Slices } from "../../time/slices.js";
import type { NormalRange } from "../baseline.js";
import { DAY_MS, HOUR_MS } from "../calendar.js";
import type { Usual } from "../digests.js";
import type { CapacityPlan } from "../forecast/capacity.js";
import { type Forecast, type ForecastOptions, forecasting } from "../forecast/forecast.js";
import { type Reach, type ReachOptions, reachOf } from "../forecast/reach.js";
import { withoutSeason } from "../forecast/season.js";
import { type LoadModel, loadModel } from "../forecast/what-if.js";
import type { History, HistoryFigure, Resolution } from "../history.js";
import type { Series } from "../series.js";
import { type Trend, type TrendOptions, trend } from "../trend/trend.js";
import { copyOf, within } from "../within.js";
import type { Watched } from "./watched.js";

/** Up to here a forecast looks at minutes. */
const MINUTES_REACH_MS = 6 * HOUR_MS;
/** Hours that a forecast from hours takes. */
const LEAST_HOURS = 24;

/** Which series: the name of an operation or of a saturation, and attributes where the name is not enough. */
export type Which = string | { readonly operation: string; readonly attributes?: AttributesData };

/** What has been learned of one series. */
export interface SeriesBaseline {
  readonly operation: string;
  readonly attributes: AttributesData;
  readonly signal: Signal;
  /** UCUM. */
  readonly unit: string;
  /** Values learned, ever. */
  readonly samples: number;
  /** What is normal at a time. @param timeMs - epoch ms; now when left out */
  range(timeMs?: number): NormalRange | undefined;
  /** Percentiles, mean, deviation at the hour of the day of a time; altogether without one. */
  usual(timeMs?: number): Usual;
  /** Slope of the last days, their season taken out. Errors, latency and saturation are worse when up. */
  trend(options?: TrendOptions & { readonly days?: number }): Trend;
  /** What is remembered: minutes of six hours, hours of five weeks. */
  series(resolution: Resolution, of?: HistoryFigure): Series;
}

export interface BaselinesReader {
  /** @returns undefined for a series that has not been seen */
  of(which: Which, signal: Signal): SeriesBaseline | undefined;
  all(): readonly SeriesBaseline[];
}

export interface ForecastsReader {
  /** What a series will be; without points when too little is known. Computed in slices. Never rejects. */
  of(which: Which, signal: Signal, options?: ForecastOptions): Promise<Forecast>;
  /** When it reaches a threshold. */
  reach(which: Which, signal: Signal, threshold: number, options?: ReachOptions): Promise<Reach>;
}

/** The capacity of one thing that can run full. */
export interface CapacityReading extends CapacityPlan {
  readonly name: string;
  readonly attributes: AttributesData;
  /** When it was planned, epoch ms. */
  readonly plannedMs: number;
  /** How full it would be under other load; fitted to what was seen. Takes about 3 ms. */
  readonly loadModel: () => LoadModel;
}

export function baselineOf(watched: Watched, nowMs: () => number): SeriesBaseline {
  const { subject, baseline, history } = watched;
  const { operation, attributes, signal, unit } = subject;
  return {
    operation,
    attributes,
    signal,
    unit,
    samples: baseline.samples,
    range: (timeMs = nowMs()) => baseline.range(timeMs),
    usual: (timeMs) => baseline.usual(timeMs),
    trend: (given) => {
      const { days, ...options } = copyOf(given);
      const hours = history.series("hours").slice(-Math.ceil(within(days, 7, 1, 3650) * 24));
      const worse = signal === "traffic" ? {} : ({ worse: "up" } as const);
      return trend(withoutSeason(hours), { ...worse, unit, ...options });
    },
    series: (resolution, of) => history.series(resolution, of),
  };
}

/** In slices of the event loop's time. */
export function forecastOf(
  watched: Watched | undefined,
  options?: ForecastOptions,
): Promise<Forecast> {
  const given = copyOf(options);
  const horizonMs = within(given.horizonMs, DAY_MS, 1, Number.MAX_VALUE);
  const series = watched === undefined ? [] : seriesFor(watched.history, horizonMs);
  const { limited = false, unit = "" } = watched?.subject ?? {};
  const known = { unit, ...(limited ? { max: 1 } : {}), ...given };
  return inSlices(forecasting(series, known), new Slices());
}

export async function reachIn(
  watched: Watched | undefined,
  threshold: number,
  given?: ReachOptions,
): Promise<Reach> {
  const { direction, horizonMs = 30 * DAY_MS, ...options } = copyOf(given);
  const foreseen = await forecastOf(watched, { ...options, horizonMs });
  return reachOf(foreseen, threshold, direction, options.unit ?? watched?.subject.unit);
}

export function capacityOf(
  watched: Watched,
  plan: CapacityPlan,
  plannedMs: number,
  load: History,
): CapacityReading {
  const { operation: name, attributes } = watched.subject;
  return {
    ...plan,
    name,
    attributes,
    plannedMs,
    loadModel: () => loadModelOf(load, watched.history),
  };
}

/** From hours where there are enough of them, else from minutes. */
function loadModelOf(load: History, effect: History): LoadModel {
  const hours = load.series("hours");
  const isLong = hours.length >= LEAST_HOURS;
  const resolution = isLong ? "hours" : "minutes";
  const stepMs = isLong ? HOUR_MS : 60_000;
  return loadModel(load.series(resolution), effect.series(resolution), { stepMs });
}

function seriesFor(history: History, horizonMs: number): Series {
  const hours = history.series("hours");
  const isShort = horizonMs <= MINUTES_REACH_MS || hours.length < LEAST_HOURS;
  return isShort ? history.series("minutes") : hours;
}
