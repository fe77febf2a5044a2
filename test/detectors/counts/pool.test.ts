import { describe, expect, it } from "vitest";
import { Pool } from "../../../src/detectors/counts/pool.js";
import { Draw } from "../series.js";

describe("a pool of windows", () => {
  it("is one window when it is the first", () => {
    expect(new Pool(0.8).with(3, 10)).toEqual([3, 10]);
  });

  it("has sums that scatter like counts of as many events", () => {
    for (const kept of [0.5, 0.8, 0.95]) {
      const draw = new Draw(1);
      const pool = new Pool(kept);
      const sums: number[] = [];
      for (let i = 0; i < 40_000; i++) {
        const count = draw.poisson(4);
        if (i > 200) sums.push(pool.with(count, 4)[0]);
        pool.learn(count, 4);
      }
      const mean = sums.reduce((sum, each) => sum + each, 0) / sums.length;
      const variance = sums.reduce((sum, each) => sum + (each - mean) ** 2, 0) / sums.length;
      expect(variance / mean).toBeGreaterThan(0.85);
      expect(variance / mean).toBeLessThan(1.15);
      expect(pool.with(4, 4)[1]).toBeCloseTo(mean, -1);
    }
  });

  it("is empty after it was cleared", () => {
    const pool = new Pool(0.9);
    pool.learn(5, 50);
    pool.clear();
    expect(pool.with(1, 2)).toEqual([1, 2]);
  });
});
