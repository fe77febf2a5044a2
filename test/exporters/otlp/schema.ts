// The official schema, compiled by protobufjs: what a collector would read.
import root from "otlp-schema/build/src/generated/root.js";

const { ExportMetricsServiceRequest, ExportMetricsServiceResponse } = (root as any).opentelemetry
  .proto.collector.metrics.v1;

const PLAIN = { longs: String, bytes: String, arrays: true } as const;

/** Bytes of a request as plain data: 64-bit integers as text, bytes in base64. */
export function decodeRequest(bytes: Uint8Array): any {
  return ExportMetricsServiceRequest.toObject(ExportMetricsServiceRequest.decode(bytes), PLAIN);
}

/** The JSON of a request as the same plain data, by the schema's own rules for JSON. */
export function decodeJsonRequest(text: string): any {
  const json = JSON.parse(text, (key, value) => {
    // OTLP's one deviation from protobuf's JSON: ids are hexadecimal.
    return key === "traceId" || key === "spanId" ? Buffer.from(value, "hex") : value;
  });
  return ExportMetricsServiceRequest.toObject(ExportMetricsServiceRequest.fromObject(json), PLAIN);
}

export function encodeResponse(rejectedDataPoints: number, errorMessage: string): Uint8Array {
  return ExportMetricsServiceResponse.encode({
    partialSuccess: { rejectedDataPoints, errorMessage },
  }).finish();
}

/** Every metric of a decoded request, by name. */
export function metricsIn(request: any): Record<string, any> {
  const metrics = request.resourceMetrics.flatMap((each: any) => {
    return each.scopeMetrics.flatMap((scope: any) => scope.metrics);
  });
  return Object.fromEntries(metrics.map((metric: any) => [metric.name, metric]));
}
