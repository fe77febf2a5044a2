export { type ClusterFleet, clusterFleet } from "./cluster-fleet.js";
export type { FleetMonitor, FleetOptions, FleetSnapshotOptions } from "./local-fleet.js";
export { type MergeOptions, mergeSnapshots } from "./merge.js";
export type {
  FleetCounterSnapshot,
  FleetGaugeSnapshot,
  FleetHistogramSnapshot,
  FleetMissing,
  FleetOperationSnapshot,
  FleetPart,
  FleetProcess,
  FleetSaturationSnapshot,
  FleetSnapshot,
  MissingReason,
  ProcessGauge,
  ProcessSaturation,
} from "./model.js";
export {
  type CounterPoint,
  type DistributionPoint,
  type FleetFilter,
  type GaugePoint,
  type OperationPoint,
  type RangePoint,
  type RangeQuery,
  type RangeResult,
  type RangeSeries,
  type RedisFleet,
  type RedisFleetOptions,
  type RedisFleetSnapshot,
  redisFleet,
} from "./redis/index.js";
export { type ThreadFleet, threadFleet } from "./thread-fleet.js";
