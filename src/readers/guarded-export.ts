import { readFields } from "../diag/read-fields.js";
import type { MetricBatch } from "../snapshot/batch.js";
import type { ExportResult, MetricExporter } from "./exporter.js";

/**
 * An export, whatever the exporter does: one that throws, rejects or answers nonsense has failed.
 *
 * @returns a result of its own, in which every figure is one; never rejects
 */
export async function guardedExport(
  exporter: MetricExporter,
  batch: MetricBatch,
  signal: AbortSignal,
): Promise<ExportResult> {
  try {
    return resultOf(await exporter.export(batch, signal), pointsIn(batch));
  } catch (error) {
    return failure(errorOf(error));
  }
}

export function failure(error: Error): ExportResult {
  return { status: "failure", error };
}

export function errorOf(thrown: unknown): Error {
  try {
    return thrown instanceof Error ? thrown : new Error(String(thrown));
  } catch {
    return new Error("something that cannot be read was thrown");
  }
}

export function pointsIn(batch: MetricBatch): number {
  return batch.metrics.reduce((sum, { points }) => sum + points.length, 0);
}

/** Every field that a result may have. */
interface Answer {
  readonly status: unknown;
  readonly rejected: unknown;
  readonly message: unknown;
  readonly retryAfterMs: unknown;
  readonly error: unknown;
}

const FIELDS = ["status", "rejected", "message", "retryAfterMs", "error"] as const;

/** @param points - in the batch: no backend can reject more */
function resultOf(given: unknown, points: number): ExportResult {
  const { status, rejected, message, retryAfterMs, error } = readFields(given as Answer, FIELDS);
  if (status === "success") {
    const count = typeof rejected === "number" && rejected >= 1 ? Math.floor(rejected) : 0;
    return {
      status,
      ...(count > 0 && { rejected: Math.min(count, points) }),
      ...(typeof message === "string" && { message }),
    };
  }
  if (!(error instanceof Error) || (status !== "retryable" && status !== "failure")) {
    return failure(new TypeError("the exporter answered no result"));
  }
  if (status === "failure") return failure(error);
  return { status, error, ...(typeof retryAfterMs === "number" && { retryAfterMs }) };
}
