import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { convergence, SeriesAccumulator, trend } from "../../src/baselines/index.js";
import { HOUR_MS, points } from "./series.js";

describe("an accumulator of a series", () => {
  it("keeps every value in one of its buckets, in order, however many come", () => {
    const values = fc.array(fc.integer({ min: -1000, max: 1000 }), {
      minLength: 1,
      maxLength: 600,
    });
    fc.assert(
      fc.property(values, (list) => {
        const series = new SeriesAccumulator({ capacity: 16 });
        for (const [step, value] of list.entries()) series.add(step, value);
        const [means, mins, maxs] = [series.series(), series.series("min"), series.series("max")];
        expect(means.length).toBeLessThanOrEqual(16);
        expect(Math.min(...mins.map(({ value }) => value))).toBe(Math.min(...list));
        expect(Math.max(...maxs.map(({ value }) => value))).toBe(Math.max(...list));
        expect(means[0]?.timeMs).toBeLessThanOrEqual(list.length / 16 + 1);
        const times = means.map(({ timeMs }) => timeMs);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        // Each bucket but the last is of the same count, so that counts follow.
        const saved = series.save() as { buckets: number[][] };
        const total = saved.buckets.reduce((sum, bucket) => sum + (bucket[3] as number), 0);
        expect(total).toBe(list.reduce((sum, value) => sum + value, 0));
        expect(series.count).toBe(list.length);
      }),
    );
  });

  it("has the trend and the convergence of the whole series", () => {
    const all = points(50_000, 1, (i) => 1 + 4 * Math.exp(-i / 5000), 0);
    const series = new SeriesAccumulator();
    for (const { timeMs, value } of all) series.add(timeMs, value);
    expect(convergence(series.series()).converged).toBe(convergence(all).converged);
    expect(trend(series.series(), { worse: "up" }).kind).toBe("improvement");
  });

  it("continues from what was saved", () => {
    const [one, two] = [new SeriesAccumulator(), new SeriesAccumulator()];
    for (let step = 0; step < 1000; step++) one.add(step, step % 7);
    expect(two.restore(JSON.parse(JSON.stringify(one.save())))).toBe(true);
    for (let step = 1000; step < 3000; step++) {
      one.add(step, step % 5);
      two.add(step, step % 5);
    }
    expect(two.series()).toEqual(one.series());
  });

  it("stays as it was when what was saved cannot be read, and turns away what is no number", () => {
    const series = new SeriesAccumulator({ capacity: 16 });
    series.add(HOUR_MS, 1);
    const before = series.series();
    const long = { size: 1, count: 17, buckets: new Array(17).fill([0, 0, 1, 1, 1, 1]) };
    for (const bad of [
      undefined,
      null,
      [],
      {},
      long,
      { size: 0, count: 0, buckets: [] },
      { size: 1, count: 1, buckets: [[1, 2, 3]] },
      { size: 1, count: 1, buckets: [[2, 1, 1, 1, 1, 1]] },
      { size: 1, count: 1, buckets: [[1, 2, "1", 1, 1, 1]] },
    ]) {
      expect(series.restore(bad)).toBe(false);
    }
    for (const bad of [Number.NaN, Infinity, "5", undefined]) {
      expect(series.add(1, bad as number)).toBe(false);
      expect(series.add(bad as number, 1)).toBe(false);
    }
    expect(series.series()).toEqual(before);
  });

  it("counts a step that goes back where it is", () => {
    const series = new SeriesAccumulator();
    series.add(10, 1);
    series.add(5, 2);
    expect(series.series().map(({ timeMs }) => timeMs)).toEqual([10, 10]);
  });

  it("says what is wrong with its capacity", () => {
    expect(() => new SeriesAccumulator({ capacity: 8 })).toThrow(
      "capacity is 8; give a whole number from 16 to 4096",
    );
  });
});
