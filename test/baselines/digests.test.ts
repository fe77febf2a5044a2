import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Digests } from "../../src/baselines/digests.js";
import { normal, random } from "./series.js";

const SIZE = 16;
const digests = (size = SIZE) => new Digests(new Float32Array(3 * 2 * size), size);

/** Quantile of a list: the k-th of n stands at (k − ½) ÷ n. */
function exact(sorted: readonly number[], q: number): number {
  const at = Math.min(sorted.length - 1, Math.max(0, q * sorted.length - 0.5));
  const [low, high] = [sorted[Math.floor(at)] as number, sorted[Math.ceil(at)] as number];
  return low + (high - low) * (at - Math.floor(at));
}

/** As the documents have it: without what is beyond 1.5 interquartile ranges. */
function usual(values: readonly number[]) {
  const sorted = [...values].sort((a, b) => a - b);
  const [q1, q3] = [exact(sorted, 0.25), exact(sorted, 0.75)];
  const reach = q3 > q1 ? 1.5 * (q3 - q1) : Number.POSITIVE_INFINITY;
  const kept = sorted.filter((value) => value >= q1 - reach && value <= q3 + reach);
  const mean = kept.reduce((sum, value) => sum + value, 0) / kept.length;
  const variance = kept.reduce((sum, value) => sum + (value - mean) ** 2, 0) / kept.length;
  const [p50, p95, p99] = [0.5, 0.95, 0.99].map((q) => exact(kept, q));
  return { p50, p95, p99, mean, deviation: Math.sqrt(variance), samples: kept.length };
}

describe("a digest", () => {
  it("is exact while values are no more than its centroids", () => {
    const values = fc.uniqueArray(fc.integer({ min: -1000, max: 1000 }), {
      minLength: 1,
      maxLength: SIZE,
    });
    fc.assert(
      fc.property(values, (list) => {
        const all = digests();
        for (const value of list) all.add(1, value);
        const found = all.usual(1);
        for (const [name, expected] of Object.entries(usual(list))) {
          expect(found[name as keyof typeof found], name).toBeCloseTo(expected as number, 4);
        }
        expect(all.usual(0).samples).toBe(0);
        expect(all.usual(2).samples).toBe(0);
      }),
    );
  });

  it("is exact for few different values, however often they come", () => {
    const all = digests();
    for (let i = 0; i < 10_000; i++) all.add(0, i % 10 === 0 ? 5 : 1);
    expect(all.usual(0)).toMatchObject({ p50: 1, p99: 5, samples: 10_000 });
    expect(all.usual(0).mean).toBeCloseTo(1.4, 3);
  });

  it("holds every quantile within a few ranks, whatever the distribution and the order", () => {
    const uniform = random(1);
    const gauss = normal(2);
    const kinds: Record<string, (i: number) => number> = {
      uniform: () => uniform(),
      normal: () => gauss(),
      lognormal: () => Math.exp(2 * gauss()),
      rising: (i) => i,
      falling: (i) => -i,
      "two humps": (i) => (i % 3 === 0 ? 100 : 10) + gauss(),
    };
    for (const [kind, valueAt] of Object.entries(kinds)) {
      for (const [size, within] of [
        [16, 0.06],
        [48, 0.025],
      ] as const) {
        const all = digests(size);
        const values = Array.from({ length: 3000 }, (_, i) => Math.fround(valueAt(i)));
        for (const value of values) all.add(0, value);
        values.sort((a, b) => a - b);
        for (const q of [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]) {
          const found = all.quantile(0, q);
          const label = `${kind}, ${size}, ${q}`;
          expect(found, label).toBeGreaterThanOrEqual(exact(values, Math.max(0, q - within)));
          expect(found, label).toBeLessThanOrEqual(exact(values, Math.min(1, q + within)));
        }
      }
    }
  });

  it("finds mean and deviation of what is usual within a few percent", () => {
    const gauss = normal(3);
    const all = digests();
    const values = Array.from({ length: 2000 }, (_, i) =>
      i % 50 === 0 ? 900 : 100 + 10 * gauss(),
    );
    for (const value of values) all.add(0, value);
    const [found, expected] = [all.usual(0), usual(values)];
    expect(found.mean / expected.mean).toBeCloseTo(1, 1);
    expect(found.deviation / expected.deviation).toBeGreaterThan(0.9);
    expect(found.deviation / expected.deviation).toBeLessThan(1.1);
    expect(found.p99).toBeLessThan(140);
  });

  it("forgets what fades", () => {
    const all = digests();
    for (let i = 0; i < 100; i++) all.add(0, 1000);
    for (let day = 0; day < 60; day++) {
      all.fade(0, 0.85);
      for (let i = 0; i < 60; i++) all.add(0, i);
    }
    expect(all.quantile(0, 1)).toBeLessThan(60);
    expect(all.usual(0).samples).toBeCloseTo(60 / 0.15, -1);
  });

  it("knows of no outliers where the middle half is all the same", () => {
    const all = digests();
    for (let i = 0; i < 100; i++) all.add(0, i < 90 ? 0 : i);
    expect(all.usual(0).samples).toBe(100);
    expect(all.fences(0)).toEqual({
      lower: Number.NEGATIVE_INFINITY,
      upper: Number.POSITIVE_INFINITY,
    });
  });
});
