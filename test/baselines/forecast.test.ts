import { describe, expect, it } from "vitest";
import { type Forecast, forecast, forecasting, type Series } from "../../src/baselines/index.js";
import { DAY_MS, day, HOUR_MS, MINUTE_MS, normal, points, random, week } from "./series.js";

const WEEK_MS = 7 * DAY_MS;

/** Hours of some weeks, and what came in the week after them. */
function cut(valueAt: (at: number, timeMs: number) => number, weeks = 4) {
  const all = points((weeks + 1) * 168, HOUR_MS, valueAt);
  return { known: all.slice(0, weeks * 168), came: all.slice(weeks * 168) };
}

function errorOf(foreseen: Forecast, came: Series): number {
  const errors = foreseen.points.map(({ expected }, i) =>
    Math.abs(expected - (came[i]?.value ?? 0)),
  );
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

function naiveErrorOf(known: Series, came: Series): number {
  const errors = came.map(({ value }, i) => Math.abs(value - (known.at(i - 168)?.value ?? 0)));
  return errors.reduce((sum, error) => sum + error, 0) / errors.length;
}

describe("a forecast", () => {
  it("continues a weekly season, growth, or both, without noise almost exactly", () => {
    const shapes: Record<string, (i: number, timeMs: number) => number> = {
      week: (_, timeMs) => 100 * week(timeMs),
      line: (i) => 10 + i,
      both: (i, timeMs) => (100 + i / 10) * week(timeMs),
      exponential: (i) => Math.exp(i / 300),
      constant: () => 5,
    };
    for (const [name, valueAt] of Object.entries(shapes)) {
      const { known, came } = cut(valueAt);
      const found = forecast(known, { horizonMs: WEEK_MS });
      const size = came.reduce((sum, { value }) => sum + value, 0) / came.length;
      expect(errorOf(found, came) / size, `${name}: ${found.reason}`).toBeLessThan(0.03);
    }
  });

  it("errs by less than 0.8 of what repeating the last week does, of noise, growth and bursts", () => {
    let [error, naive] = [0, 0];
    for (let seed = 1; seed <= 10; seed++) {
      const gauss = normal(seed);
      const next = random(seed + 100);
      let rest = 0;
      const { known, came } = cut((i, timeMs) => {
        rest = 0.7 * rest + 0.05 * gauss();
        const burst = next() < 0.01 ? 2 : 1;
        return (100 + 0.03 * i) * week(timeMs) * Math.exp(rest + 0.03 * gauss()) * burst;
      });
      error += errorOf(forecast(known, { horizonMs: WEEK_MS }), came);
      naive += naiveErrorOf(known, came);
    }
    expect(error / naive).toBeLessThan(0.8);
  });

  it("holds as many values in its interval as it says", () => {
    for (const level of [0.8, 0.95]) {
      let inside = 0;
      let judged = 0;
      for (let seed = 1; seed <= 10; seed++) {
        const gauss = normal(seed);
        const { known, came } = cut((_, timeMs) => 100 * day(timeMs) * Math.exp(0.1 * gauss()), 3);
        for (const [i, point] of forecast(known, { horizonMs: WEEK_MS, level }).points.entries()) {
          const value = came[i]?.value ?? 0;
          judged++;
          if (value >= point.lower && value <= point.upper) inside++;
        }
      }
      expect(inside / judged).toBeGreaterThan(level - 0.04);
      expect(inside / judged).toBeLessThan(level + 0.04);
    }
  });

  it("finds the season there is, and none where there is none", () => {
    const gauss = normal(4);
    const season = (valueAt: (timeMs: number) => number) => {
      const { known } = cut((_, timeMs) => valueAt(timeMs) * Math.exp(0.05 * gauss()));
      return forecast(known, { horizonMs: DAY_MS }).model?.season;
    };
    expect(season(week)).toBe("week");
    expect(["day", "week"]).toContain(season(day));
    const kinds = Array.from({ length: 10 }, () => season(() => 100));
    expect(kinds.filter((kind) => kind === "none").length).toBeGreaterThan(7);
  });

  it("is not moved by outliers, nor by gaps", () => {
    const gauss = normal(5);
    const { known, came } = cut((_, timeMs) => 100 * week(timeMs) * Math.exp(0.05 * gauss()));
    const next = random(6);
    const spoiled = known
      .map((point) => (next() < 0.02 ? { ...point, value: 50 * point.value } : point))
      .filter((_, i) => i % 100 > 5);
    const [clean, dirty] = [known, spoiled].map((series) =>
      errorOf(forecast(series, { horizonMs: WEEK_MS }), came),
    ) as [number, number];
    expect(dirty).toBeLessThan(1.3 * clean);
  });

  it("stays between the bounds of what can be", () => {
    const rising = points(300, MINUTE_MS, (i) => 0.5 + i / 700);
    const bounded = forecast(rising, { horizonMs: 6 * HOUR_MS, max: 1 });
    expect(bounded.points.every(({ upper }) => upper <= 1)).toBe(true);
    const falling = points(300, MINUTE_MS, (i) => 300 - i);
    const found = forecast(falling, { horizonMs: 6 * HOUR_MS });
    expect(found.points.every(({ lower }) => lower >= 0)).toBe(true);
    const negative = forecast(falling, { horizonMs: 6 * HOUR_MS, min: -1000 });
    expect(negative.points.at(-1)?.expected).toBeCloseTo(-359, -1);
    for (const { points } of [bounded, found, negative]) {
      for (const { lower, expected, upper } of points) {
        expect(lower).toBeLessThanOrEqual(expected);
        expect(expected).toBeLessThanOrEqual(upper);
      }
    }
  });

  it("is the same in every unit and whatever the order of its points", () => {
    const gauss = normal(7);
    const { known } = cut((_, timeMs) => 10 * week(timeMs) * Math.exp(0.1 * gauss()), 2);
    const thousand = known.map(({ timeMs, value }) => ({ timeMs, value: 1024 * value })).reverse();
    const [a, b] = [forecast(known), forecast(thousand)];
    expect(b.model).toEqual(a.model);
    for (const [i, point] of b.points.entries()) {
      expect(point.expected / (a.points[i]?.expected ?? 0)).toBeCloseTo(1024, 6);
      expect(point.upper / (a.points[i]?.upper ?? 0)).toBeCloseTo(1024, 6);
    }
  });

  it("has points from the step after the last value to the horizon", () => {
    const { known } = cut((_, timeMs) => week(timeMs), 2);
    const found = forecast(known, { horizonMs: DAY_MS });
    const last = known.at(-1)?.timeMs ?? 0;
    expect(found.asOfMs).toBe(last);
    expect(found.points.length).toBe(24);
    expect(found.points[0]?.timeMs).toBe(last + HOUR_MS);
    expect(found.samples).toBe(known.length);
    expect(found.reason).toMatch(/season.*; in back-tests it was off by /);
  });

  it("says so when too little is known", () => {
    const few = points(11, HOUR_MS, (i) => i);
    const found = forecast(few);
    expect(found.points).toEqual([]);
    expect(found.model).toBeUndefined();
    expect(found.reason).toBe("11 values so far; a forecast takes 12 at even steps");
    expect(forecast([]).reason).toMatch(/^0 values so far/);
  });

  it("takes minutes, seconds, days and steps as they are", () => {
    for (const stepMs of [1, 1000, 10_000, MINUTE_MS, HOUR_MS, DAY_MS]) {
      const series = points(100, stepMs, (i) => 100 + i, stepMs === 1 ? 0 : undefined);
      const found = forecast(series, { horizonMs: 20 * stepMs });
      expect(found.stepMs).toBe(stepMs);
      expect(found.points.at(-1)?.expected).toBeCloseTo(219, 0);
    }
  });

  it("gives way while it works", () => {
    const { known } = cut((_, timeMs) => week(timeMs));
    let turns = 0;
    for (const steps = forecasting(known); ; turns++) {
      const step = steps.next();
      if (step.done) break;
    }
    expect(turns).toBeGreaterThan(20);
  });
});
