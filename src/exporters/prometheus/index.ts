import { PrometheusExporter, type PrometheusOptions } from "./exporter.js";

/** A pull exporter for Prometheus, with `handler(req, res)` and `text()`. */
export function prometheus(options?: PrometheusOptions): PrometheusExporter {
  return new PrometheusExporter(options);
}

export type { PrometheusExporter, PrometheusOptions };
