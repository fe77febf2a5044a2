export type { Attributes, AttributeValue } from "./attributes/attributes.js";
export type { DeadlineOptions } from "./auspex.js";
export { Auspex, createAuspex } from "./auspex.js";
export type { Detector, DetectorState, ObservationContext, Verdict } from "./detectors/detector.js";
export type { SnapshotRule } from "./detectors/rules/when.js";
export type { DetectionOptions, Figure, FurtherDetector } from "./detectors/watch/options.js";
export type { Logger } from "./diag/diag.js";
export type { MetricsPage } from "./exporters/prometheus/include.js";
export type { BoundCounter } from "./instruments/counter.js";
export type { TraceContext } from "./instruments/exemplars.js";
export type { BoundGauge } from "./instruments/gauge.js";
export type { Operation } from "./instruments/golden-signals.js";
export type { BoundHistogram } from "./instruments/histogram.js";
export type {
  Counter,
  Gauge,
  Histogram,
  HistogramOptions,
  InstrumentOptions,
} from "./instruments/instruments.js";
export type { View } from "./instruments/view.js";
export type { MonitoredOptions } from "./integrations/decorators.js";
export { monitored } from "./integrations/decorators.js";
export type {
  Dependency,
  DependencyKind,
  DependencyOptions,
  OperationOptions,
  OutboundOptions,
  OutboundRequest,
} from "./integrations/outbound/index.js";
export type {
  Cache,
  CacheOptions,
  CacheReadings,
  Pool,
  PoolOptions,
  PoolReadings,
  Queue,
  QueueOptions,
  QueueReadings,
  Reading,
  Workers,
  WorkersOptions,
  WorkersReadings,
} from "./integrations/resources/index.js";
export type { SaturationGroups } from "./integrations/runtime/groups.js";
export type { WrapOptions } from "./integrations/wrap.js";
export type { AuspexOptions, ExporterOption, HistogramRange } from "./options.js";
export { OptionsError } from "./options.js";
export type {
  ExporterEntry,
  ExportResult,
  FlushResult,
  FlushStatus,
  MetricExporter,
  PullEntry,
} from "./readers/exporter.js";
export { type FlushOnExitOptions, flushOnExit } from "./readers/flush-on-exit.js";
export type { MetricStream, PullExporter, PullSource } from "./readers/pull.js";
export type { WatchContext, Watcher } from "./readers/watcher.js";
export type {
  HistogramMetric,
  HistogramPoint,
  Incarnation,
  MetricBatch,
  MetricData,
  NumberMetric,
  NumberPoint,
  Temporality,
} from "./snapshot/batch.js";
export type {
  AlertEvent,
  Anomaly,
  AuspexEvent,
  EventBase,
  EventMap,
  Incident,
  Insight,
  Severity,
  Signal,
} from "./snapshot/events.js";
export type * from "./snapshot/model.js";
export type { Resource, ServiceName } from "./snapshot/resource.js";
export type { FleetServices, Lease, StateStore } from "./state/services.js";
export type { Clock } from "./time/clock.js";
export type { WindowName } from "./window/rolling-window.js";
export type { SeriesPoint } from "./workload/series/points.js";
export type { Series, SeriesOptions, SeriesTally } from "./workload/series/series.js";
