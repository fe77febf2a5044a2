export { Baseline, type NormalRange } from "./baseline.js";
export type { Usual } from "./digests.js";
export {
  type BackTest,
  type BackTestOptions,
  backTest,
} from "./forecast/back-test.js";
export {
  type CapacityOptions,
  type CapacityPlan,
  planCapacity,
  planOf,
} from "./forecast/capacity.js";
export {
  type Forecast,
  type ForecastOptions,
  type ForecastPoint,
  forecast,
  forecasting,
} from "./forecast/forecast.js";
export type { Form, Growth, Season, Spec } from "./forecast/model.js";
export { type Reach, type ReachOptions, reachOf, timeToReach } from "./forecast/reach.js";
export { withoutSeason } from "./forecast/season.js";
export {
  type LoadModel,
  type LoadModelOptions,
  loadModel,
  type WhatIf,
  type WhatIfResult,
} from "./forecast/what-if.js";
export { History, type HistoryFigure, type HistoryOptions, type Resolution } from "./history.js";
export type { Point, Series } from "./series.js";
export { SeriesAccumulator, type SeriesAccumulatorOptions } from "./trend/accumulator.js";
export {
  type Convergence,
  type ConvergenceOptions,
  convergence,
  type Plateau,
  type PlateauOptions,
  plateau,
} from "./trend/convergence.js";
export { type Leak, type LeakOptions, leak } from "./trend/leak.js";
export { type Trend, type TrendKind, type TrendOptions, trend } from "./trend/trend.js";
export type { BaselinesOptions } from "./watch/options.js";
export type {
  BaselinesReader,
  CapacityReading,
  ForecastsReader,
  SeriesBaseline,
  Which,
} from "./watch/readings.js";
export { type BaselinesTally, type BaselinesWatcher, baselinesWatcher } from "./watch/watcher.js";
