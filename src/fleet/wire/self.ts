import type { ExportTallySnapshot, SelfSnapshot } from "../../snapshot/model.js";
import { finite, record, whole } from "./unpacker.js";

type Shape = { readonly [name: string]: "count" | "number" | "boolean" | Shape };

const TALLY = { exported: "count", failed: "count", skipped: "count", rejected: "count" } as const;

const SHAPE = {
  records: "count",
  dropped: { notANumber: "count", negative: "count", infinite: "count" },
  clamped: "count",
  overflowed: "count",
  misuse: "count",
  attributes: { truncated: "count", dropped: "count" },
  callbackErrors: "count",
  clockSteps: "count",
  series: "count",
  expired: { series: "count", values: "count" },
  windows: { bytes: "count", budgetBytes: "number", coarsened: "count", dropped: "count" },
} as const satisfies Shape;

const OVERHEAD = {
  ofCore: "number",
  ratio: "number",
  timer: "number",
  recording: "number",
  overBudget: "boolean",
  intervalMs: "number",
} as const satisfies Shape;

/** What a library knows of itself, from another process. @throws WireFault */
export function readSelf(given: Readonly<Record<string, unknown>>): SelfSnapshot {
  const overhead = record(given.overhead, "overhead");
  const exports = Object.entries(record(given.exports, "exports")).map(
    ([name, tally]) => [name, shaped(TALLY, tally) as unknown as ExportTallySnapshot] as const,
  );
  return Object.freeze({
    ...shaped(SHAPE, given),
    exports: Object.freeze(Object.fromEntries(exports)),
    overhead: Object.freeze({
      ...shaped(OVERHEAD, overhead),
      // JSON has no Infinity, which is a budget without end.
      budget: overhead.budget === null ? Number.POSITIVE_INFINITY : finite(overhead.budget, "self"),
    }),
  }) as unknown as SelfSnapshot;
}

function shaped(shape: Shape, given: unknown): Readonly<Record<string, unknown>> {
  const fields = record(given, "self");
  return Object.freeze(
    Object.fromEntries(
      Object.entries(shape).map(([name, kind]) => {
        const value = fields[name];
        if (kind === "boolean") return [name, value === true];
        if (kind === "count") return [name, whole(value, name)];
        return [name, kind === "number" ? finite(value, name) : shaped(kind, value)];
      }),
    ),
  );
}
