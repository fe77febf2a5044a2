export {
  batchOf,
  batchWith,
  histogramMetric,
  histogramOf,
  numberMetric,
} from "./batch.js";
export {
  type ConformanceCase,
  type ConformanceOptions,
  exporterConformance,
} from "./conformance.js";
export { type DetectorConformanceOptions, detectorConformance } from "./detector-conformance.js";
export { ManualClock } from "./manual-clock.js";
