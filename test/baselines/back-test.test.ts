import { describe, expect, it } from "vitest";
import { backTest } from "../../src/baselines/index.js";
import { DAY_MS, HOUR_MS, normal, points, random, week } from "./series.js";

describe("a back-test", () => {
  const gauss = normal(1);
  const series = points(
    6 * 168,
    HOUR_MS,
    (_, timeMs) => 100 * week(timeMs) * Math.exp(0.1 * gauss()),
  );

  it("scales errors by those of repeating the last week, and counts what intervals hold", () => {
    const found = backTest(series, { horizonMs: 2 * DAY_MS, level: 0.8 });
    expect(found.origins).toBe(8);
    expect(found.mase).toBeGreaterThan(0.5);
    expect(found.mase).toBeLessThan(0.8);
    expect(found.relative).toBeLessThan(0.85);
    expect(found.coverage).toBeGreaterThan(0.7);
    expect(found.coverage).toBeLessThan(0.92);
    expect(found.reason).toMatch(
      /^from 8 origins: 0\.\d+ of the error of repeating the last season/,
    );
  });

  it("knows nothing of what came after a cut: another future gives the same forecasts", () => {
    const known = series.slice(0, 4 * 168);
    const next = random(2);
    const other = series.map((point, i) =>
      i < known.length ? point : { ...point, value: 1e4 * next() },
    );
    const from = (4 * 168) / series.length;
    const [one, two] = [series, other].map((each) => backTest(each, { origins: 1, from })) as [
      ReturnType<typeof backTest>,
      ReturnType<typeof backTest>,
    ];
    expect(one.mase).toBeLessThan(1);
    expect(two.mase).toBeGreaterThan(50);
    expect(two.coverage).toBeLessThan(0.3);
  });

  it("is 1 where nothing beats repeating, and says when there is nothing to cut", () => {
    const walk = (() => {
      let value = 1000;
      return () => (value += gauss());
    })();
    // Less than two days of hours: the last season is the last value.
    const found = backTest(points(40, HOUR_MS, walk), { horizonMs: HOUR_MS, origins: 20 });
    expect(found.relative).toBeGreaterThan(0.7);
    expect(found.relative).toBeLessThan(1.5);
    expect(backTest([])).toMatchObject({ origins: 0, reason: "too few values to cut" });
    expect(backTest(series, { horizonMs: 100 * DAY_MS }).origins).toBe(0);
  });
});
