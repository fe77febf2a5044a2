import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { SortedWindow } from "../../../src/detectors/method/sorted-window.js";
import { freeze, thaw } from "../../../src/detectors/method/state.js";

/** Linear between ranks, from a sorted copy. */
function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = share * (sorted.length - 1);
  const low = sorted[Math.floor(rank)] as number;
  return low + (rank % 1) * ((sorted[Math.ceil(rank)] as number) - low);
}

const numbers = fc.array(
  fc.oneof(fc.integer({ min: -3, max: 3 }), fc.double({ min: -1e6, max: 1e6, noNaN: true })),
  { minLength: 1, maxLength: 60 },
);

describe("a sorted window", () => {
  it("has the quantiles of the last values", () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 20 }), (values, size) => {
        const window = new SortedWindow(size);
        values.forEach((value, at) => {
          window.learn(value);
          const last = values.slice(Math.max(0, at + 1 - size), at + 1);
          for (const share of [0, 0.25, 0.5, 0.98, 1]) {
            expect(window.quantile(share)).toBeCloseTo(quantile(last, share), 6);
          }
          expect(window.count).toBe(last.length);
        });
      }),
    );
  });

  it("has their median and mean distance from the median", () => {
    fc.assert(
      fc.property(numbers, fc.integer({ min: 1, max: 20 }), (values, size) => {
        const window = new SortedWindow(size);
        for (const value of values) window.learn(value);
        const last = values.slice(-size);
        const distances = last.map((value) => Math.abs(value - quantile(last, 0.5)));
        const mean = distances.reduce((sum, each) => sum + each, 0) / last.length;
        expect(window.medianDistance()).toBeCloseTo(quantile(distances, 0.5), 6);
        expect(window.meanDistance()).toBeCloseTo(mean, 6);
      }),
    );
  });

  it("is sorted again after it was restored", () => {
    const window = new SortedWindow(5);
    for (const value of [9, 4, 7, 1, 8, 3, 6]) window.learn(value);
    const restored = new SortedWindow(5);
    thaw(restored, freeze(window));
    for (const each of [window, restored]) {
      each.learn(5);
      expect([0, 0.25, 0.5, 0.75, 1].map((share) => each.quantile(share))).toEqual([1, 3, 5, 6, 8]);
    }
  });
});
