import type { OperationSnapshot } from "../../snapshot/model.js";

/** What of an operation a detector of one's own is given. Latencies are in ms. */
export const FIGURES = ["p50", "p95", "p99", "mean", "traffic", "errorRatio", "inFlight"] as const;
export type Figure = (typeof FIGURES)[number];

/** NaN, a missing value, where nothing happened that could have it. */
export function figureOf(operation: OperationSnapshot, figure: Figure): number {
  const { latency, traffic, errors, inFlight } = operation;
  switch (figure) {
    case "traffic":
      return traffic.perSecond;
    case "errorRatio":
      return traffic.count === 0 ? Number.NaN : errors.ratio;
    case "inFlight":
      return inFlight;
    default:
      return latency.count === 0 ? Number.NaN : latency[figure];
  }
}
