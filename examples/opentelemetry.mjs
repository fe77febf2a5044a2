// Beside OpenTelemetry, both ways round: its exporters for this library's metrics, and this library's
// metrics in an application's own reader.
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  MeterProvider,
  PeriodicExportingMetricReader,
} from "@opentelemetry/sdk-metrics";
import { createAuspex } from "auspex";
import { metricProducer, otelExporter } from "auspex/exporters/otlp";

/** Counts by metric; of what the library says of itself, nothing. */
const countsIn = (exporter) =>
  exporter
    .getMetrics()
    .flatMap(({ scopeMetrics }) => scopeMetrics)
    .flatMap(({ metrics }) => metrics)
    .filter(({ descriptor }) => ["auspex.operation.duration", "logins"].includes(descriptor.name))
    .map(({ descriptor, dataPoints: [{ value }] }) => `${descriptor.name} ${value.count ?? value}`);

// 1. Any PushMetricExporter: OpenTelemetry's gRPC one, a vendor's. This one keeps what it gets.
const theirs = new InMemoryMetricExporter(AggregationTemporality.DELTA);
const auspex = createAuspex({
  service: "demo",
  saturation: false,
  exporters: [otelExporter(theirs)],
});
const work = auspex.operation("work");
for (let ms = 1; ms <= 100; ms++) work.record(ms);
await auspex.forceFlush();
console.log(`their exporter got ${countsIn(theirs).join(", ")}`);

// 2. An application that has its own pipeline: its reader collects from both.
const exporter = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE);
const reader = new PeriodicExportingMetricReader({
  exporter,
  metricProducers: [metricProducer(auspex)],
});
const provider = new MeterProvider({ readers: [reader] });
provider.getMeter("app").createCounter("logins").add(3);
await provider.forceFlush();
console.log(`their reader got ${countsIn(exporter).join(", ")}`);

await provider.shutdown();
await auspex.shutdown();
