import { PrometheusExporter } from "./exporter.js";
import type { PrometheusOptions } from "./options.js";
import type { PushgatewayOptions } from "./push-options.js";
import { PushgatewayExporter } from "./pushgateway.js";

/** A pull exporter for Prometheus, with `handler(req, res)` and `text()`. */
export function prometheus(options?: PrometheusOptions): PrometheusExporter {
  return new PrometheusExporter(options);
}

/** A push exporter for a Prometheus Pushgateway, for batch jobs. */
export function pushgateway(options: PushgatewayOptions): PushgatewayExporter {
  return new PushgatewayExporter(options);
}

export type { Format } from "./format.js";
export type { MetricsPage } from "./include.js";
export { fromPromClient, type PromClientRegistry } from "./prom-client.js";
export type { PrometheusExporter, PrometheusOptions, PushgatewayExporter, PushgatewayOptions };
