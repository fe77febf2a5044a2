import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Baseline } from "../../src/baselines/index.js";
import { DAY_MS, day, HOUR_MS, MINUTE_MS, MONDAY, normal, random, week } from "./series.js";

type Values = (timeMs: number) => number;

/** Feeds a value a minute; gives the share of values that were within their range, from a day on. */
function fed(
  baseline: Baseline,
  days: number,
  values: Values,
  { startMs = MONDAY, judgeFrom = days } = {},
): number {
  let inside = 0;
  let judged = 0;
  for (let minute = 0; minute < days * 1440; minute++) {
    const timeMs = startMs + minute * MINUTE_MS;
    const value = values(timeMs);
    const range = baseline.range(timeMs);
    if (minute >= judgeFrom * 1440 && range !== undefined) {
      judged++;
      if (value >= range.lower && value <= range.upper) inside++;
    }
    baseline.observe(value, timeMs);
  }
  return inside / judged;
}

const noisy = (values: Values, share: number, seed = 1): Values => {
  const next = normal(seed);
  return (timeMs) => values(timeMs) * Math.exp(share * next());
};

describe("a baseline", () => {
  it("says nothing until it has seen half an hour, and then what all values say", () => {
    const baseline = new Baseline();
    for (let i = 0; i < 29; i++) baseline.observe(i, MONDAY + i * MINUTE_MS);
    expect(baseline.range(MONDAY)).toBeUndefined();
    baseline.observe(29, MONDAY + 29 * MINUTE_MS);
    expect(baseline.range(MONDAY + 12 * HOUR_MS)).toMatchObject({ basis: "all values" });
    const median = baseline.usual().p50;
    expect(median).toBeCloseTo(14.5, 1);
    baseline.observe(30, MONDAY + HOUR_MS);
    // The hour that is over is known, and on Mondays it is known of its own.
    expect(baseline.range(MONDAY + DAY_MS)).toMatchObject({ basis: "hour of the day" });
    expect(baseline.range(MONDAY + 7 * DAY_MS)).toMatchObject({ basis: "hour of the week" });
  });

  it("holds 99 of 100 normal values, of a daily and of a weekly season", () => {
    expect(fed(new Baseline(), 10, noisy(day, 0.1), { judgeFrom: 2 })).toBeGreaterThan(0.99);
    expect(fed(new Baseline(), 28, noisy(week, 0.1), { judgeFrom: 14 })).toBeGreaterThan(0.99);
  });

  it("is narrow where a series is: what is normal at noon is not at night, nor on Sundays", () => {
    const baseline = new Baseline();
    fed(
      baseline,
      28,
      noisy((timeMs) => 100 * week(timeMs), 0.05),
    );
    const at = (dayOfWeek: number, hour: number) => {
      const range = baseline.range(MONDAY + 28 * DAY_MS + dayOfWeek * DAY_MS + hour * HOUR_MS);
      return range as NonNullable<typeof range>;
    };
    for (const dayOfWeek of [0, 3, 6]) {
      for (const hour of [3, 9, 15, 21]) {
        const range = at(dayOfWeek, hour);
        const middle = MONDAY + dayOfWeek * DAY_MS + hour * HOUR_MS + HOUR_MS / 2;
        const truth = 100 * week(middle);
        expect(range.basis).toBe("hour of the week");
        expect(range.expected / truth).toBeGreaterThan(0.93);
        expect(range.expected / truth).toBeLessThan(1.07);
        expect(range.upper - range.lower).toBeLessThan(0.7 * truth + 5);
      }
    }
    expect(at(2, 15).lower).toBeGreaterThan(at(6, 15).upper);
    expect(at(2, 15).lower).toBeGreaterThan(at(2, 3).upper);
  });

  it("takes up a lasting change of level within a day, and its season with it", () => {
    const baseline = new Baseline();
    fed(
      baseline,
      21,
      noisy((timeMs) => 100 * week(timeMs), 0.05),
    );
    const later = noisy((timeMs) => 200 * week(timeMs), 0.05, 2);
    const startMs = MONDAY + 21 * DAY_MS;
    const first = fed(baseline, 1, later, { startMs, judgeFrom: 0 });
    expect(first).toBeLessThan(0.7);
    const second = fed(baseline, 1, later, { startMs: startMs + DAY_MS, judgeFrom: 0 });
    expect(second).toBeGreaterThan(0.9);
    const third = fed(baseline, 5, later, { startMs: startMs + 2 * DAY_MS, judgeFrom: 0 });
    expect(third).toBeGreaterThan(0.97);
  });

  it("is not taken in by an incident of an hour, neither while it lasts nor afterwards", () => {
    const baseline = new Baseline();
    const values = noisy((timeMs) => 100 * day(timeMs), 0.05);
    fed(baseline, 17, values);
    const noon = MONDAY + 17 * DAY_MS + 12 * HOUR_MS;
    const before = baseline.range(noon);
    for (let minute = 0; minute < 60; minute++) {
      const timeMs = noon + minute * MINUTE_MS;
      const value = 5 * values(timeMs);
      const upper = baseline.range(timeMs)?.upper ?? 0;
      expect(value).toBeGreaterThan(upper);
      baseline.observe(value, timeMs);
    }
    const next = baseline.range(noon + 7 * DAY_MS);
    expect(next?.upper).toBeLessThan(1.4 * (before?.upper ?? 0));
  });

  it("leaves outliers out of what is usual", () => {
    const baseline = new Baseline();
    const next = random(4);
    fed(baseline, 7, (timeMs) => (next() < 0.02 ? 5000 : noisy(() => 100, 0.1, timeMs)(timeMs)));
    expect(baseline.usual().p99).toBeLessThan(140);
    expect(baseline.usual(MONDAY).mean).toBeCloseTo(100, -1);
    expect(baseline.usualOfWeek(MONDAY).mean).toBeGreaterThan(90);
    expect(baseline.usualOfWeek(MONDAY).mean).toBeLessThan(120);
  });

  it("does not alarm when clocks are put forward or back, and follows them", () => {
    const changes = [Date.UTC(2026, 2, 29, 1), Date.UTC(2026, 9, 25, 1)];
    for (const [at, change] of changes.entries()) {
      const shift = at === 0 ? HOUR_MS : -HOUR_MS;
      const local: Values = (timeMs) => 100 * week(timeMs < change ? timeMs : timeMs + shift) ** 2;
      const startMs = Math.floor((change - 28 * DAY_MS) / DAY_MS) * DAY_MS;
      const baseline = new Baseline();
      const options = { startMs, judgeFrom: 28 };
      expect(fed(baseline, 49, noisy(local, 0.05), options)).toBeGreaterThan(0.985);
      expect((baseline.save() as { phase: number }).phase).toBe(at === 0 ? 1 : -1);
    }
  });

  it("stays with UTC where the load does not follow clocks", () => {
    const baseline = new Baseline();
    fed(
      baseline,
      49,
      noisy((timeMs) => 100 * week(timeMs), 0.05),
      {
        startMs: Date.UTC(2026, 2, 2),
      },
    );
    expect((baseline.save() as { phase: number }).phase).toBe(0);
  });

  it("gives the same in every unit", () => {
    const [one, thousand] = [new Baseline(), new Baseline()];
    const values = noisy(week, 0.1);
    const seen = new Map<number, number>();
    const once: Values = (timeMs) => {
      const value = seen.get(timeMs) ?? Math.fround(values(timeMs));
      seen.set(timeMs, value);
      return value;
    };
    fed(one, 9, once);
    fed(thousand, 9, (timeMs) => 1024 * once(timeMs));
    for (let hour = 0; hour < 168; hour += 5) {
      const timeMs = MONDAY + 9 * DAY_MS + hour * HOUR_MS;
      const [a, b] = [one.range(timeMs), thousand.range(timeMs)];
      expect((b?.upper ?? 0) / (a?.upper ?? 1)).toBeCloseTo(1024, 1);
      expect((b?.expected ?? 0) / (a?.expected ?? 1)).toBeCloseTo(1024, 1);
    }
  });

  it("continues from what was saved as if nothing had been", () => {
    const [whole, first, second] = [new Baseline(), new Baseline(), new Baseline()];
    const all = noisy(week, 0.1);
    const values = Array.from({ length: 12 * 1440 }, (_, i) => all(MONDAY + i * MINUTE_MS));
    for (const [i, value] of values.entries()) {
      const timeMs = MONDAY + i * MINUTE_MS;
      whole.observe(value, timeMs);
      // In the middle of an hour.
      if (i < 9 * 1440 + 37) first.observe(value, timeMs);
    }
    expect(second.restore(JSON.parse(JSON.stringify(first.save())))).toBe(true);
    for (let i = 9 * 1440 + 37; i < values.length; i++) {
      second.observe(values[i] as number, MONDAY + i * MINUTE_MS);
    }
    for (let hour = 0; hour < 168; hour++) {
      const timeMs = MONDAY + 12 * DAY_MS + hour * HOUR_MS;
      expect(second.range(timeMs)?.upper).toBeCloseTo(whole.range(timeMs)?.upper as number, 1);
    }
    expect(second.samples).toBe(whole.samples);
    expect(JSON.stringify(second.save()).length).toBeLessThan(8800);
  });

  it("stays as it was when what was saved cannot be read", () => {
    const good = new Baseline();
    for (let i = 0; i < 100; i++) good.observe(5, MONDAY + i * MINUTE_MS);
    const saved = good.save() as Record<string, unknown>;
    for (const bad of [
      undefined,
      null,
      5,
      "text",
      [],
      {},
      { ...saved, data: "AAAA" },
      { ...saved, data: Buffer.alloc(6432, 0xff).toString("base64") },
      { ...saved, drift: [1] },
      { ...saved, drift: [1, null, 2] },
      { ...saved, samples: "many" },
    ]) {
      const baseline = new Baseline();
      expect(baseline.restore(bad)).toBe(false);
      expect(baseline.save()).toEqual(new Baseline().save());
    }
  });

  it("survives whatever values and times come, and its range is in order", () => {
    const values = fc.oneof(fc.double(), fc.constantFrom(0, -1, 1e308, Number.NaN, -Infinity));
    const times = fc.oneof(
      fc.integer({ min: 0, max: 2000 }).map((minutes) => MONDAY + minutes * MINUTE_MS),
      fc.double(),
      fc.constantFrom(Number.NaN, 8.64e15, -8.64e15, 1e300),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(values, times), { maxLength: 200 }), (list) => {
        const baseline = new Baseline();
        for (const [value, timeMs] of list) baseline.observe(value, timeMs);
        for (const timeMs of [MONDAY, 0, -1e15, 1e300]) {
          const range = baseline.range(timeMs);
          if (range === undefined) continue;
          expect(Number.isFinite(range.lower)).toBe(true);
          expect(range.lower).toBeLessThanOrEqual(range.expected);
          expect(range.expected).toBeLessThanOrEqual(range.upper);
        }
        const restored = new Baseline();
        expect(restored.restore(JSON.parse(JSON.stringify(baseline.save())))).toBe(true);
      }),
    );
  });

  it("knows a constant, and a series that is nearly always zero", () => {
    const constant = new Baseline();
    fed(constant, 3, () => 7);
    expect(constant.range(MONDAY)).toMatchObject({ lower: 7, expected: 7, upper: 7 });
    const rare = new Baseline();
    const next = random(5);
    const share = fed(rare, 9, () => (next() < 0.05 ? 0.01 * next() : 0), { judgeFrom: 2 });
    expect(share).toBeGreaterThan(0.95);
    expect(rare.range(MONDAY)?.lower).toBe(0);
  });
});
