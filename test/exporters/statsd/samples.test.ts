import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { samplesOf } from "../../../src/exporters/statsd/samples.js";
import { histogramOf } from "./batches.js";

const PERCENTILES = [50, 75, 90, 95, 99];
const values = fc.array(fc.integer({ min: 1, max: 5_000_000 }), { minLength: 1, maxLength: 3000 });

/** What the original server reads at a threshold. @see statsd, lib/process_metrics.js */
const upper = (sorted: Float64Array, p: number) => {
  return sorted[Math.round((p / 100) * sorted.length) - 1] as number;
};

describe("samples of a distribution", () => {
  it("are in order, stand for all values, and hold the percentiles where the server looks", () => {
    fc.assert(
      fc.property(values, fc.integer({ min: 10, max: 200 }), (recorded, limit) => {
        const histogram = histogramOf(recorded, 1);
        const samples = samplesOf(histogram, limit, PERCENTILES);
        expect(samples.values.length).toBe(Math.min(limit, recorded.length));
        expect(samples.weights.reduce((sum, weight) => sum + weight, 0)).toBe(recorded.length);
        expect([...samples.values]).toEqual([...samples.values].sort((a, b) => a - b));
        if (recorded.length <= limit) return;
        for (const [at, p] of PERCENTILES.entries()) {
          // Of several that the server reads from one place, the highest is there.
          const next = PERCENTILES[at + 1] ?? Number.POSITIVE_INFINITY;
          if (Math.round((next / 100) * limit) === Math.round((p / 100) * limit)) continue;
          expect(upper(samples.values, p) / histogram.percentile(p)).toBeGreaterThan(0.992);
          expect(upper(samples.values, p) / histogram.percentile(p)).toBeLessThanOrEqual(1);
        }
      }),
      { numRuns: 300 },
    );
  });

  it("have the mean of all values, as far as their order allows", () => {
    fc.assert(
      fc.property(values, (recorded) => {
        const histogram = histogramOf(recorded, 1);
        const samples = samplesOf(histogram, 100, PERCENTILES).values;
        const mean = samples.reduce((sum, value) => sum + value, 0) / samples.length;
        expect(Math.abs(mean / histogram.mean - 1)).toBeLessThan(1e-9);
      }),
      { numRuns: 300 },
    );
  });

  it("do with one value, one slot, and the least number of samples", () => {
    expect([...samplesOf(histogramOf([7], 1), 10, PERCENTILES).values]).toEqual([7]);
    const same = samplesOf(histogramOf(Array(1000).fill(7), 1), 10, PERCENTILES);
    expect([...same.values]).toEqual(Array(10).fill(7));
    expect([...same.weights]).toEqual(Array(10).fill(100));
    expect([...samplesOf(histogramOf([0, 0], 1), 10, []).values]).toEqual([0, 0]);
  });
});
