import type { HistogramPoint } from "../../snapshot/batch.js";

/** A figure of a histogram that is sent as a gauge beside it. */
export type Rollup = "min" | "max" | "mean" | `p${number}`;

const ROLLUP = /^(?:min|max|mean|p(?:\d{1,2}(?:\.\d{1,3})?|100))$/;

export function isRollup(value: unknown): value is Rollup {
  return typeof value === "string" && ROLLUP.test(value);
}

/** The end of its name: a dot would begin another node. */
export function rollupSuffix(rollup: Rollup): string {
  return `.${rollup.replace(".", "_")}`;
}

/** In the unit of the metric. */
export function rollupOf(rollup: Rollup, histogram: HistogramPoint["histogram"]): number {
  if (rollup === "min" || rollup === "max" || rollup === "mean") return histogram[rollup];
  return histogram.percentile(Number(rollup.slice(1)));
}
