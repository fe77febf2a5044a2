import type { MetricBatch } from "../snapshot/batch.js";
import type { ExportResult, MetricExporter } from "./exporter.js";

/** An export, whatever the exporter does: one that throws, rejects or answers nonsense has failed. */
export async function guardedExport(
  exporter: MetricExporter,
  batch: MetricBatch,
  signal: AbortSignal,
): Promise<ExportResult> {
  try {
    const result: unknown = await exporter.export(batch, signal);
    return isResult(result) ? result : failure(new TypeError("the exporter answered no result"));
  } catch (error) {
    return failure(errorOf(error));
  }
}

export function failure(error: Error): ExportResult {
  return { status: "failure", error };
}

export function errorOf(thrown: unknown): Error {
  if (thrown instanceof Error) return thrown;
  try {
    return new Error(String(thrown));
  } catch {
    return new Error("something that cannot be read was thrown");
  }
}

function isResult(value: unknown): value is ExportResult {
  if (typeof value !== "object" || value === null) return false;
  const { status, error } = value as Partial<Record<string, unknown>>;
  if (status === "success") return true;
  return (status === "retryable" || status === "failure") && error instanceof Error;
}
