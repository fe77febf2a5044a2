import fc from "fast-check";
import { Accumulator } from "../../../src/histogram/accumulator.js";
import type { ClosedHistogram } from "../../../src/histogram/closed-histogram.js";
import { Layout } from "../../../src/histogram/layout.js";
import type { AttributesData, MetricBatch, MetricData } from "../../../src/snapshot/batch.js";

export /** JSON has no −0: it is written as 0. */
const number = (constraints: fc.DoubleConstraints) => {
  return fc.double(constraints).map((value) => (Object.is(value, -0) ? 0 : value));
};

const LAYOUT = new Layout();

/** A closed histogram of whole numbers; `scale` of them are one unit of the metric. */
export function histogramOf(
  values: readonly number[],
  scale = 1e6,
  layout = LAYOUT,
): ClosedHistogram {
  const accumulator = new Accumulator(layout);
  for (const value of values)
    accumulator.addSlot(layout.slotOf(Math.min(value, layout.highest)), 1);
  return accumulator.take(scale);
}

const key = fc.string({ minLength: 1, maxLength: 12, unit: "grapheme" });
const attributes: fc.Arbitrary<AttributesData> = fc.dictionary(
  key,
  fc.oneof(
    fc.string({ maxLength: 200, unit: "grapheme" }),
    fc.boolean(),
    fc.integer(),
    fc.maxSafeInteger(),
    number({ noNaN: true, noDefaultInfinity: true }),
  ),
  { maxKeys: 6 },
) as fc.Arbitrary<AttributesData>;

const info = { name: key, unit: fc.constantFrom("s", "By", "1", ""), description: fc.string() };
const numbers = fc.record({
  ...info,
  kind: fc.constantFrom("counter" as const, "updown" as const, "gauge" as const),
  points: fc.array(fc.record({ attributes, value: number({ noNaN: true }) }), { maxLength: 4 }),
});
const histograms = fc.record({
  ...info,
  kind: fc.constant("histogram" as const),
  points: fc.array(
    fc.record({
      attributes,
      histogram: fc
        .array(fc.oneof(fc.nat(300), fc.nat(3_600_000_000)), { maxLength: 40 })
        .map((values) => histogramOf(values)),
    }),
    { maxLength: 3 },
  ),
});

/** Any batch there can be, with metrics of different names. */
export const batches: fc.Arbitrary<MetricBatch> = fc.record({
  resource: fc.record({ attributes }),
  incarnation: fc.record({
    id: fc.constant("1-a-b"),
    startTimeMs: fc.integer({ min: 0, max: 2 ** 41 }),
  }),
  temporality: fc.constantFrom("cumulative" as const, "delta" as const),
  from: fc.integer({ min: 0, max: 2 ** 41 }),
  to: fc.double({ min: 0, max: 2 ** 41, noNaN: true }),
  metrics: fc.uniqueArray(fc.oneof(numbers, histograms) as fc.Arbitrary<MetricData>, {
    maxLength: 5,
    selector: ({ name }) => name,
  }),
});
