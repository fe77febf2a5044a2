import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Series, trend } from "../../src/baselines/index.js";
import { columnsOf } from "../../src/baselines/series.js";
import { lineThrough } from "../../src/baselines/trend/theil-sen.js";
import { HOUR_MS, MONDAY, normal, points, random } from "./series.js";

/** Median of all pairs' slopes, as the paper has it. */
function sen(series: Series): number {
  const slopes: number[] = [];
  for (const [i, a] of series.entries()) {
    for (const b of series.slice(i + 1)) {
      if (b.timeMs !== a.timeMs) slopes.push((b.value - a.value) / (b.timeMs - a.timeMs));
    }
  }
  slopes.sort((a, b) => a - b);
  const half = slopes.length >> 1;
  return slopes.length % 2 === 1
    ? (slopes[half] as number)
    : ((slopes[half - 1] as number) + (slopes[half] as number)) / 2;
}

/** Noise in which each value resembles the one before it. */
function dependent(rho: number, seed: number): () => number {
  const next = normal(seed);
  let value = next();
  return () => {
    value = rho * value + Math.sqrt(1 - rho * rho) * next();
    return value;
  };
}

describe("the line through a series", () => {
  it("has the slope that Sen's definition gives", () => {
    const list = fc.array(
      fc.record({
        timeMs: fc.integer({ min: 0, max: 50 }),
        value: fc.integer({ min: -100, max: 100 }),
      }),
      { minLength: 4, maxLength: 40 },
    );
    fc.assert(
      fc.property(list, (series) => {
        const line = lineThrough(columnsOf(series), 0.9);
        if (line !== undefined) expect(line.slope).toBeCloseTo(sen(series), 9);
        else expect(new Set(series.map(({ timeMs }) => timeMs)).size).toBeLessThan(4);
      }),
    );
  });

  it("bounds the true slope as often as it says, of independent and of dependent noise", () => {
    for (const rho of [0, 0.6]) {
      let held = 0;
      const runs = 200;
      for (let seed = 1; seed <= runs; seed++) {
        const noise = dependent(rho, seed);
        const line = lineThrough(columnsOf(points(80, 1, (i) => 3 + 0.02 * i + noise())), 0.9);
        if (line !== undefined && line.lower <= 0.02 && line.upper >= 0.02) held++;
      }
      expect(held / runs, `rho ${rho}`).toBeGreaterThan(0.86);
      expect(held / runs, `rho ${rho}`).toBeLessThan(0.98);
    }
  });

  it("is not moved by a fifth of outliers, nor by how many values there are", () => {
    const next = random(1);
    const series = points(2000, 1, (i) => (next() < 0.2 ? 1e6 * next() : i));
    const line = lineThrough(columnsOf(series), 0.9);
    // Beyond 120 instants neighbours are averaged, so that outliers reach more of them.
    expect(line).toBeDefined();
    const short = lineThrough(columnsOf(series.slice(0, 100)), 0.9);
    expect(short?.slope).toBeCloseTo(1, 0);
  });
});

describe("a trend", () => {
  const gauss = normal(1);
  const rising = points(60, HOUR_MS, (i) => 100 + i + 3 * gauss());

  it("is degradation, improvement, or a direction, as up is bad, good, or neither", () => {
    expect(trend(rising, { worse: "up" }).kind).toBe("degradation");
    expect(trend(rising, { worse: "down" }).kind).toBe("improvement");
    expect(trend(rising).kind).toBe("rising");
    const falling = rising.map(({ timeMs, value }) => ({ timeMs, value: -value }));
    expect(trend(falling).kind).toBe("falling");
    expect(trend(falling, { worse: "up" }).kind).toBe("improvement");
  });

  it("says by how much, with confidence, in words", () => {
    const { slope, lower, upper, change, samples, reason } = trend(rising, {
      worse: "up",
      unit: "ms",
    });
    expect(slope * HOUR_MS).toBeCloseTo(1, 1);
    expect(lower).toBeLessThan(slope);
    expect(upper).toBeGreaterThan(slope);
    expect(change).toBeCloseTo(59 / 130, 1);
    expect(samples).toBe(60);
    expect(reason).toMatch(
      /^degradation: from 99\.9 ms to 1\d\d ms \(\+4\d(\.\d)? %\), sure to 95 %$/,
    );
  });

  it("is stable where what it moved may be noise, or is not worth mention", () => {
    let alarms = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const noise = dependent(0.5, seed);
      if (trend(points(60, HOUR_MS, () => 100 + 10 * noise())).kind !== "stable") alarms++;
    }
    expect(alarms / 200).toBeLessThan(0.08);
    const little = points(60, HOUR_MS, (i) => 100 + i / 100);
    expect(trend(little)).toMatchObject({ kind: "stable" });
    expect(trend(little, { minChange: 0.001 }).kind).toBe("rising");
  });

  it("tells volatility apart from movement", () => {
    const noise = normal(3);
    const calm = trend(points(200, HOUR_MS, (i) => 100 + i + noise()));
    const wild = trend(points(200, HOUR_MS, (i) => 100 + i + 20 * noise()));
    expect(calm.volatility).toBeLessThan(0.01);
    expect(wild.volatility).toBeGreaterThan(0.07);
    expect(wild.volatility).toBeLessThan(0.14);
  });

  it("is the same in every unit, and in every order of the values", () => {
    const thousand = rising.map(({ timeMs, value }) => ({ timeMs, value: 1024 * value }));
    const [a, b] = [trend(rising), trend([...thousand].reverse())];
    expect(b.slope / a.slope).toBeCloseTo(1024, 6);
    expect([b.kind, b.change, b.volatility]).toEqual([a.kind, a.change, a.volatility]);
  });

  it("is unknown of too few values, or of one instant", () => {
    expect(trend(rising.slice(0, 7))).toMatchObject({ kind: "unknown", samples: 7 });
    const same = points(20, 0, (i) => i);
    expect(trend(same).kind).toBe("unknown");
    expect(trend([]).reason).toBe("0 values so far; a trend takes 8 at different times");
    expect(trend(points(20, 1, () => 0, MONDAY))).toMatchObject({ kind: "stable", change: 0 });
  });
});
