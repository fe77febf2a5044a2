export type {
  CounterPoint,
  DistributionPoint,
  FleetFilter,
  GaugePoint,
  OperationPoint,
  RangePoint,
  RangeQuery,
  RangeResult,
  RangeSeries,
  RedisFleetSnapshot,
} from "./model.js";
export type { RedisFleetOptions } from "./options.js";
export { type RedisFleet, redisFleet } from "./redis-fleet.js";
