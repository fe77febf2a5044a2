import type { Exemplar } from "../../snapshot/batch.js";
import { number } from "./numbers.js";

/** Names and values of an exemplar's labels may have 128 characters: two ids of 48 fit. */
const ID = /^[0-9a-fA-F]{1,48}$/;

/**
 * The exemplars of one histogram as what stands behind each bucket's line: the newest whose value is in
 * that bucket. Those without ids that look like ids are left out.
 *
 * @param bounds - ascending; the last bucket, above them all, is `+Inf`
 * @returns by index of the bucket
 * @see OpenMetrics 1.0, "Exemplars"
 */
export function exemplarsByBucket(
  exemplars: readonly Exemplar[],
  bounds: readonly number[],
): Map<number, string> {
  const newest = new Map<number, Exemplar>();
  for (const exemplar of exemplars) {
    if (!isWritable(exemplar)) continue;
    const above = bounds.findIndex((bound) => exemplar.value <= bound);
    const bucket = above < 0 ? bounds.length : above;
    const before = newest.get(bucket);
    if (before === undefined || exemplar.timeMs >= before.timeMs) newest.set(bucket, exemplar);
  }
  return new Map([...newest].map(([bucket, exemplar]) => [bucket, textOf(exemplar)]));
}

function isWritable({ traceId, spanId, value, timeMs }: Exemplar): boolean {
  return ID.test(traceId) && ID.test(spanId) && Number.isFinite(value) && Number.isFinite(timeMs);
}

function textOf({ traceId, spanId, value, timeMs }: Exemplar): string {
  const trace = `trace_id="${traceId}",span_id="${spanId}"`;
  return ` # {${trace}} ${number(value)} ${(timeMs / 1000).toFixed(3)}`;
}
