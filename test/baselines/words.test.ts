import { describe, expect, it } from "vitest";
import { withoutSeason } from "../../src/baselines/index.js";
import { normalQuantile } from "../../src/baselines/normal.js";
import { duration, figure, instant } from "../../src/baselines/words.js";
import { DAY_MS, HOUR_MS, MINUTE_MS, points, week } from "./series.js";

describe("figures in words", () => {
  it("have three digits, their unit, and shares as percent", () => {
    const figures = [0, 1.5, 0.123456, 99.95, 1234.5, 1e7, 1e-5, -3, Number.NaN];
    expect(figures.map((value) => figure(value))).toEqual([
      "0",
      "1.5",
      "0.123",
      "100",
      "1235",
      "1.00e+7",
      "1.00e-5",
      "-3",
      "–",
    ]);
    expect(figure(0.9, "1")).toBe("90 %");
    expect(figure(120.4, "ms")).toBe("120 ms");
  });

  it("tell durations in two units at most", () => {
    const spans = [
      0,
      59_000,
      90 * MINUTE_MS,
      3 * HOUR_MS,
      13.4 * HOUR_MS,
      3.2 * DAY_MS,
      40 * DAY_MS,
    ];
    expect(spans.map(duration)).toEqual([
      "0 s",
      "59 s",
      "1 h 30 min",
      "3 h",
      "13 h",
      "3 d 5 h",
      "40 d",
    ]);
    expect(instant(Date.UTC(2026, 1, 3, 14))).toBe("2026-02-03 14:00 UTC");
    expect(instant(Number.NaN)).toBe("an unknown time");
  });
});

describe("normal quantiles", () => {
  it("are those of the tables", () => {
    for (const [p, z] of [
      [0.5, 0],
      [0.9, 1.2815515655],
      [0.975, 1.9599639845],
      [0.995, 2.5758293035],
      [0.001, -3.0902323062],
    ] as const) {
      expect(normalQuantile(p)).toBeCloseTo(z, 7);
    }
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity]);
  });
});

describe("a series without its season", () => {
  it("is level and growth alone", () => {
    const series = points(21 * 24, HOUR_MS, (i, timeMs) => i + 100 * week(timeMs));
    const left = withoutSeason(series).map(({ value }, i) => value - i);
    expect(Math.max(...left) - Math.min(...left)).toBeLessThan(6);
  });

  it("is the series itself while no day has come twice", () => {
    const short = points(40, HOUR_MS, (i) => i);
    expect(withoutSeason(short)).toBe(short);
    expect(withoutSeason([])).toEqual([]);
  });
});
