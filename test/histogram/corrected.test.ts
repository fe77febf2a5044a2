import fc from "fast-check";
import * as hdr from "hdr-histogram-js";
import { describe, expect, it } from "vitest";
import { ClosedHistogram } from "../../src/histogram/closed-histogram.js";
import { corrected } from "../../src/histogram/corrected.js";
import { Layout } from "../../src/histogram/layout.js";
import { SparseWriter } from "../../src/histogram/sparse.js";

const HOUR_US = 3_600_000_000;

/** A closed histogram of `[value in layout units, how often]`. */
function closed(
  layout: Layout,
  entries: readonly (readonly [number, number])[],
  scale = 1,
): ClosedHistogram {
  const slots = new Map<number, number>();
  for (const [value, times] of entries) {
    const slot = layout.slotOf(value);
    slots.set(slot, (slots.get(slot) ?? 0) + times);
  }
  const writer = new SparseWriter();
  for (const [slot, times] of [...slots].sort(([a], [b]) => a - b)) writer.put(slot, times);
  writer.finish();
  const count = entries.reduce((sum, [, times]) => sum + times, 0);
  return new ClosedHistogram(layout, scale, count, writer.bytes.slice(0, writer.length));
}

interface Oracle {
  totalCount: number;
  getValueAtPercentile(p: number): number;
  getCountAtIndex(index: number): number;
  countsArrayIndex(value: number): number;
  recordCountAtValue(count: number, value: number): void;
  addWhileCorrectingForCoordinatedOmission(other: Oracle, interval: number): void;
}

function build(layout: Layout): Oracle {
  return hdr.build({
    bitBucketSize: 64,
    autoResize: false,
    lowestDiscernibleValue: layout.lowest,
    highestTrackableValue: layout.highest,
    numberOfSignificantValueDigits: layout.significantDigits as 1 | 2 | 3 | 4,
    useWebAssembly: false,
  }) as unknown as Oracle;
}

/** hdr-histogram-js: one value after the other, as its authors wrote it. */
function oracle(
  layout: Layout,
  entries: readonly (readonly [number, number])[],
  interval: number,
): Oracle {
  const recorded = build(layout);
  for (const [value, times] of entries) recorded.recordCountAtValue(times, value);
  const result = build(layout);
  result.addWhileCorrectingForCoordinatedOmission(recorded, interval);
  return result;
}

function countUpTo(histogram: Oracle, value: number): number {
  let total = 0;
  for (let at = 0; at <= histogram.countsArrayIndex(value); at++) {
    total += histogram.getCountAtIndex(at);
  }
  return total;
}

const layouts = fc
  .record({
    significantDigits: fc.constantFrom(1, 2, 3),
    lowest: fc.constantFrom(1, 7, 1000),
    highest: fc.constantFrom(100_000, 60_000_000, HOUR_US),
  })
  .map((options) => new Layout(options));

const entriesBelow = (highest: number) =>
  fc.array(
    fc.tuple(
      fc
        .tuple(fc.integer({ min: 0, max: 31 }), fc.double({ min: 1, max: 2, noNaN: true }))
        .map(([octave, mantissa]) => Math.floor(2 ** octave * mantissa) % highest),
      fc.integer({ min: 1, max: 1000 }),
    ),
    { minLength: 1, maxLength: 40 },
  );

describe("a histogram corrected for coordinated omission", () => {
  it("has the distribution that hdr-histogram-js makes value by value", () => {
    const cases = layouts.chain((layout) =>
      fc.record({
        layout: fc.constant(layout),
        entries: entriesBelow(layout.highest),
        // The oracle works through every value it adds: 20,000 to the longest at most.
        steps: fc.integer({ min: 1, max: 20_000 }),
        percentiles: fc.array(fc.double({ min: 0, max: 100, noNaN: true }), { maxLength: 8 }),
        thresholds: fc.array(fc.integer({ min: 0, max: layout.highest }), { maxLength: 8 }),
      }),
    );
    fc.assert(
      fc.property(cases, ({ layout, entries, steps, percentiles, thresholds }) => {
        const longest = Math.max(...entries.map(([value]) => value));
        const interval = Math.max(1, Math.floor(longest / steps));
        const theirs = oracle(layout, entries, interval);
        const ours = corrected(closed(layout, entries), interval);
        expect(ours.count + ours.omitted).toBe(theirs.totalCount);
        for (const p of [0, 50, 95, 99, 99.9, 100, ...percentiles]) {
          const reported = ours.percentile(p);
          // Theirs counts ranks with half a value of tolerance; ours must hold the nearest rank.
          const rank = Math.max(1, Math.ceil((p * theirs.totalCount) / 100 - 1e-6));
          expect(countUpTo(theirs, reported)).toBeGreaterThanOrEqual(rank);
          const slot = layout.slotOf(reported);
          if (slot > 0) expect(countUpTo(theirs, layout.highestIn(slot - 1))).toBeLessThan(rank);
        }
        for (const threshold of thresholds) {
          const share = countUpTo(theirs, threshold) / theirs.totalCount;
          expect(ours.countAtOrBelow(threshold)).toBeCloseTo(share * ours.count, 6);
        }
      }),
      { numRuns: 150 },
    );
  });

  it("leaves what was recorded as it was: counts, sum, extremes and mean", () => {
    fc.assert(
      fc.property(layouts, fc.integer({ min: 1, max: HOUR_US }), (layout, interval) => {
        const recorded = closed(layout, [[3, 10] as const, [layout.highest, 2] as const]);
        const view = corrected(recorded, interval);
        for (const figure of ["count", "sum", "min", "max", "mean"] as const) {
          expect(view[figure], figure).toBe(recorded[figure]);
        }
        expect(view.percentile(100)).toBe(recorded.max);
        expect(view.countAtOrBelow(recorded.max)).toBe(recorded.count);
      }),
    );
  });

  it("spreads one stall evenly over the time it lasted", () => {
    const layout = new Layout();
    const view = corrected(closed(layout, [[HOUR_US, 1_000_000] as const]), 1);
    let last = 0;
    for (let p = 0; p <= 100; p += 0.5) {
      const value = view.percentile(p);
      expect(value).toBeGreaterThanOrEqual(last);
      // One stall of an hour: who had kept asking would have waited half an hour in the mean.
      expect(Math.abs(value / HOUR_US - p / 100)).toBeLessThan(0.01);
      last = value;
    }
  });

  it("works at the largest ratio of value to interval there is, in every slot at once", () => {
    const layout = new Layout({ significantDigits: 3 });
    const entries = Array.from({ length: layout.slots }, (_, slot) => layout.lowestIn(slot))
      .filter((value) => value <= layout.highest)
      .map((value) => [value, 1_000_000] as const);
    // 2 × 10¹⁹ values, were they made.
    const view = corrected(closed(layout, entries), 1);
    expect(view.omitted).toBeGreaterThan(1e17);
    expect(view.count).toBe(entries.length * 1_000_000);
    const { p50, p99 } = view.summary();
    expect(p50).toBeGreaterThan(entries[entries.length >> 1][0]);
    expect(p99).toBeLessThanOrEqual(view.max);
    expect(view.percentile(100)).toBe(view.max);
  });

  it("shows a stall that the plain percentiles hide", () => {
    // Gil Tene's example: 100 s at a request each 10 ms in 1 ms, then one that takes 100 s.
    const layout = new Layout();
    const recorded = closed(layout, [[1000, 10_000] as const, [100_000_000, 1] as const], 1000);
    expect(recorded.percentile(99)).toBeCloseTo(1, 1);
    const view = corrected(recorded, 10);
    expect(view.omitted).toBeGreaterThanOrEqual(9_998);
    expect(view.percentile(49)).toBeCloseTo(1, 1);
    expect(view.percentile(75) / 50_000).toBeCloseTo(1, 1);
    expect(view.percentile(99) / 98_000).toBeCloseTo(1, 1);
    expect(view.countAtOrBelow(10) / view.count).toBeCloseTo(0.5, 2);
    expect(JSON.parse(JSON.stringify(view))).toEqual(view.summary());
  });

  it("corrects nothing without an interval that is one, and nothing below it", () => {
    const layout = new Layout();
    const recorded = closed(layout, [[1000, 10] as const, [5_000_000, 1] as const], 1000);
    for (const interval of [0, -1, Number.NaN, Number.POSITIVE_INFINITY, "10" as never]) {
      const view = corrected(recorded, interval);
      expect(view.omitted).toBe(0);
      const { mean, ...exact } = recorded.summary();
      expect(view.summary()).toMatchObject(exact);
      expect(view.summary().mean).toBeCloseTo(mean, 9);
      expect(view.countAtOrBelow(1)).toBe(recorded.countAtOrBelow(1));
    }
    expect(corrected(recorded, 5001).omitted).toBe(0);
    expect(corrected(recorded, 1e-9).omitted).toBeGreaterThan(4_900_000);
  });

  it("is empty where nothing was recorded", () => {
    const view = corrected(closed(new Layout(), []), 10);
    expect(view.summary()).toEqual({ count: 0, p50: 0, p95: 0, p99: 0, max: 0, mean: 0 });
    expect(view.omitted).toBe(0);
    expect(view.countAtOrBelow(10)).toBe(0);
    expect(corrected(closed(new Layout(), [[5, 1]]), 2).countAtOrBelow(Number.NaN)).toBe(0);
  });
});
