import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Accumulator } from "../../src/histogram/accumulator.js";
import type { ClosedHistogram } from "../../src/histogram/closed-histogram.js";
import { Layout } from "../../src/histogram/layout.js";
import {
  bucketOf,
  ExponentialBuckets,
  type ExponentialTally,
} from "../../src/snapshot/exponential.js";
import { FilledSlots } from "../../src/snapshot/filled-slots.js";

const layouts = fc
  .record({
    significantDigits: fc.constantFrom(1, 2, 3),
    lowest: fc.constantFrom(1, 2, 1000),
    highest: fc.constantFrom(60_000_000, 3_600_000_000, 86_400_000_000),
  })
  .map((options) => new Layout(options));

const cases = layouts.chain((layout) =>
  fc.record({
    layout: fc.constant(layout),
    scale: fc.constantFrom(1, 1000, 1e6),
    maxBuckets: fc.constantFrom(2, 3, 20, 160, 5000),
    values: fc.array(
      fc.record({
        value: fc.oneof(fc.nat(300), fc.nat(layout.highest)),
        count: fc.integer({ min: 1, max: 2 ** 40 }),
      }),
      { maxLength: 50 },
    ),
  }),
);

function closed(
  layout: Layout,
  scale: number,
  values: readonly { value: number; count: number }[],
): ClosedHistogram {
  const accumulator = new Accumulator(layout);
  for (const { value, count } of values) accumulator.addSlot(layout.slotOf(value), count);
  return accumulator.take(scale);
}

const total = ({ counts, length, zeroCount }: ExponentialTally): number => {
  return counts.subarray(0, length).reduce((sum, count) => sum + count, zeroCount);
};

/** A percentile as a backend reads it: the geometric middle of the bucket that has the rank. */
function percentile(buckets: ExponentialTally, rank: number): number {
  const base = 2 ** (2 ** -buckets.scale);
  let seen = buckets.zeroCount;
  if (seen >= rank) return 0;
  for (let i = 0; i < buckets.length; i++) {
    seen += buckets.counts[i];
    if (seen >= rank) return base ** (buckets.offset + i + 0.5);
  }
  throw new Error("no such rank");
}

describe("exponential buckets of an HDR histogram", () => {
  it("hold every value, and all of a slot where its middle lies", () => {
    fc.assert(
      fc.property(cases, ({ layout, scale, maxBuckets, values }) => {
        const histogram = closed(layout, scale, values);
        const buckets = new ExponentialBuckets(maxBuckets).of(histogram);
        expect(total(buckets)).toBe(histogram.count);
        expect(buckets.length).toBeLessThanOrEqual(maxBuckets);
        const base = 2 ** -buckets.scale;
        const expected = new Map<number, number>();
        histogram.forEachSlot((slot, count) => {
          if (slot === 0) expect(buckets.zeroCount).toBe(count);
          if (slot === 0) return;
          const value = layout.medianOf(slot) / scale;
          const found = bucketOf(value, buckets.scale);
          // Its lower bound is below the value, its upper one is not; but for the last bits of a double.
          expect(2 ** (found * base)).toBeLessThan(value * (1 + 1e-9));
          expect(2 ** ((found + 1) * base)).toBeGreaterThan(value * (1 - 1e-9));
          expected.set(found, (expected.get(found) ?? 0) + count);
        });
        const seen = new Map<number, number>();
        for (let i = 0; i < buckets.length; i++) {
          if (buckets.counts[i] > 0) seen.set(buckets.offset + i, buckets.counts[i]);
        }
        expect(seen).toEqual(expected);
      }),
    );
  });

  it("are as fine as HDR's slots, and no coarser than the limit asks", () => {
    fc.assert(
      fc.property(cases, ({ layout, scale, maxBuckets, values }) => {
        const buckets = new ExponentialBuckets(maxBuckets).of(closed(layout, scale, values));
        expect(buckets.scale).toBeLessThanOrEqual(layout.halfBits);
        if (buckets.scale === layout.halfBits) return;
        // One scale finer would not fit.
        const wider = new ExponentialBuckets(maxBuckets * 2).of(closed(layout, scale, values));
        expect(wider.scale).toBeGreaterThan(buckets.scale);
        expect(wider.length).toBeGreaterThan(maxBuckets);
      }),
    );
  });

  it("give percentiles within half a bucket and half a slot", () => {
    fc.assert(
      fc.property(cases, fc.integer({ min: 1, max: 100 }), ({ layout, maxBuckets, values }, p) => {
        fc.pre(values.length > 0);
        const histogram = closed(layout, 1, values);
        const buckets = new ExponentialBuckets(maxBuckets).of(histogram);
        const rank = Math.max(1, Math.ceil((histogram.count * p) / 100 - histogram.count * 1e-14));
        const sorted = [...values].sort((a, b) => a.value - b.value);
        let seen = 0;
        const exact = sorted.find(({ count }) => (seen += count) >= rank)?.value as number;
        if (exact <= buckets.zeroThreshold) {
          expect(percentile(buckets, rank)).toBe(0);
          return;
        }
        const halfBucket = 2 ** (2 ** -buckets.scale / 2);
        const slot = layout.slotOf(exact);
        const middle = layout.medianOf(slot);
        const found = percentile(buckets, rank);
        const halfSlot = Math.max(exact / middle, middle / exact);
        expect(Math.max(found / exact, exact / found)).toBeLessThanOrEqual(
          halfBucket * halfSlot * (1 + 1e-9),
        );
        // Where slots are narrower than a hundredth, that is the stated precision.
        if (layout.significantDigits === 2 && buckets.scale === 7 && exact > 128 * layout.lowest) {
          expect(Math.abs(found - exact) / exact).toBeLessThan(0.01);
        }
      }),
    );
  });

  it("keep an upper bound in the bucket below, as OpenTelemetry's are", () => {
    for (let power = -20; power <= 30; power++) {
      for (const scale of [0, 1, 5, 7, 10]) {
        expect(bucketOf(2 ** power, scale)).toBe(power * 2 ** scale - 1);
        expect(bucketOf(2 ** power * 1.001, scale)).toBeGreaterThanOrEqual(power * 2 ** scale);
      }
    }
  });

  it("are what the documentation says of the limit of 160", () => {
    const layout = new Layout();
    const scales = [2, 5, 30, 1000, 1e6, 1e8].map((ratio) => {
      const [low, high] = [20, 20 * ratio].map((value) => ({ value, count: 1 }));
      return new ExponentialBuckets().of(closed(layout, 1e6, [low, high])).scale;
    });
    expect(scales).toEqual([7, 6, 5, 4, 3, 2]);
  });

  it("call zero what HDR's lowest slot cannot tell from it", () => {
    const layout = new Layout({ lowest: 1000, highest: 1e9 });
    const buckets = new ExponentialBuckets().of(
      closed(
        layout,
        1,
        [0, 400, 511, 512].map((value) => ({ value, count: 1 })),
      ),
    );
    expect(buckets.zeroCount).toBe(3);
    expect(buckets.zeroThreshold).toBe(511);
    expect(total(buckets)).toBe(4);
  });

  it("are none of an empty histogram, and only zeros of zeros", () => {
    const buckets = new ExponentialBuckets();
    buckets.of(closed(new Layout(), 1, [{ value: 5, count: 3 }]));
    const none = { length: 0, zeroCount: 0, offset: 0, scale: 7, sum: 0, min: 0, max: 0 };
    expect(buckets.of(closed(new Layout(), 1, []))).toMatchObject(none);
    const zeros = buckets.of(closed(new Layout(), 1, [{ value: 0, count: 7 }]));
    expect(zeros).toMatchObject({ length: 0, zeroCount: 7 });
  });
});

describe("the filled slots of a histogram", () => {
  it("are those that forEachSlot visits, with the same sum", () => {
    const filled = new FilledSlots();
    fc.assert(
      fc.property(cases, ({ layout, scale, values }) => {
        const histogram = closed(layout, scale, values);
        const { bytes, start, end } = histogram;
        filled.read(layout, bytes, start, end);
        const expected: [number, number][] = [];
        histogram.forEachSlot((slot, count) => expected.push([slot, count]));
        const slots = [...filled.slots.subarray(0, filled.length)];
        expect(slots.map((slot, i) => [slot, filled.counts[i]])).toEqual(expected);
        const { sum } = histogram;
        expect(filled.sum / scale).toBeCloseTo(sum, -Math.log10(sum * 1e-12 + 1e-12));
      }),
    );
  });
});
