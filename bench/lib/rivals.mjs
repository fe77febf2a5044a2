import promClient from "prom-client";

/** prom-client's histogram with the bounds of the semantic conventions. */
export function promHistogram(labelNames) {
  const { Histogram, Registry } = promClient;
  return new Histogram({
    name: "http_server_request_duration_seconds",
    help: "Duration.",
    labelNames,
    buckets: [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1, 2.5, 5, 7.5, 10],
    registers: [new Registry()],
  });
}

/** OpenTelemetry's histogram, read by nobody: only recording is measured. */
export async function otelHistogram() {
  const { MeterProvider, MetricReader } = await import("@opentelemetry/sdk-metrics");
  class IdleReader extends MetricReader {
    async onShutdown() {}
    async onForceFlush() {}
  }
  const provider = new MeterProvider({ readers: [new IdleReader()] });
  return provider.getMeter("bench").createHistogram("http.server.request.duration", { unit: "s" });
}
