import { INTERNALS, type Instrumented } from "../../instruments/internals.js";
import type { MetricExporter } from "../../readers/exporter.js";
import type { PullSource } from "../../readers/pull.js";
import type { DistributionOptions } from "./distribution.js";
import { type EncodeOptions, otlpEncoder } from "./encode.js";
import { OtlpExporter } from "./exporter.js";
import { type MetricProducerOptions, metricProducerOf } from "./metric-producer.js";
import { type OtlpHeaders, type OtlpOptions, resolveOtlpOptions } from "./options.js";
import { OtelExporterAdapter, type OtelExporterOptions } from "./otel-exporter.js";
import type { OtelMetricProducer, OtelPushExporter } from "./otel-model.js";
import { OtlpError } from "./otlp-error.js";

/**
 * Exports to an OpenTelemetry Collector, or whatever else speaks OTLP over HTTP.
 *
 * @throws RangeError listing every fault of the options and of the `OTEL_*` variables that are used
 */
export function otlp(options?: OtlpOptions): MetricExporter {
  return new OtlpExporter(resolveOtlpOptions(options));
}

/**
 * Makes any OpenTelemetry `PushMetricExporter` one of ours: gRPC, a vendor's, the console's.
 *
 * @throws RangeError when it is none, or an option is wrong
 */
export function otelExporter(
  exporter: OtelPushExporter,
  options?: OtelExporterOptions,
): MetricExporter {
  return new OtelExporterAdapter(exporter, options);
}

/**
 * Feeds a monitor's metrics to an application's own OpenTelemetry reader:
 * `new PeriodicExportingMetricReader({ exporter, metricProducers: [metricProducer(auspex)] })`.
 */
export function metricProducer(
  auspex: Instrumented,
  options?: MetricProducerOptions,
): OtelMetricProducer {
  return metricProducerOf(auspex[INTERNALS].source() as PullSource, options);
}

export type {
  DistributionOptions,
  EncodeOptions,
  MetricProducerOptions,
  OtelExporterOptions,
  OtelMetricProducer,
  OtelPushExporter,
  OtlpHeaders,
  OtlpOptions,
};
export { OtlpError, otlpEncoder };
