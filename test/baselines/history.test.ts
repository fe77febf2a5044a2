import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { History } from "../../src/baselines/index.js";
import { DAY_MS, HOUR_MS, MINUTE_MS, MONDAY } from "./series.js";

describe("a history", () => {
  it("is the means, largest and least of the steps that are over, the last so many", () => {
    const waits = fc.array(
      fc.record({
        waitMs: fc.oneof(
          fc.integer({ min: 0, max: 40_000 }),
          fc.integer({ min: 60_000, max: 20 * HOUR_MS }),
        ),
        value: fc.integer({ min: 0, max: 1000 }),
      }),
      { maxLength: 200 },
    );
    fc.assert(
      fc.property(waits, (list) => {
        const history = new History({ minutes: 30, hours: 48, extremes: true });
        const steps = { minutes: new Map<number, number[]>(), hours: new Map<number, number[]>() };
        let timeMs = MONDAY;
        for (const { waitMs, value } of list) {
          timeMs += waitMs;
          expect(history.add(timeMs, value)).toBe(true);
          for (const [name, stepMs] of [
            ["minutes", MINUTE_MS],
            ["hours", HOUR_MS],
          ] as const) {
            const step = Math.floor(timeMs / stepMs);
            steps[name].set(step, [...(steps[name].get(step) ?? []), value]);
          }
        }
        for (const [name, stepMs, most] of [
          ["minutes", MINUTE_MS, 30],
          ["hours", HOUR_MS, 48],
        ] as const) {
          const known = [...steps[name]].sort(([a], [b]) => a - b);
          const closed = known.slice(0, -1);
          const newest = closed.at(-1)?.[0] ?? 0;
          const kept = closed.filter(([step]) => step > newest - most);
          for (const [of, figure] of [
            ["mean", (v: number[]) => v.reduce((sum, each) => sum + each, 0) / v.length],
            ["max", (v: number[]) => Math.max(...v)],
            ["min", (v: number[]) => Math.min(...v)],
          ] as const) {
            const found = history.series(name, of);
            expect(found.map((point) => point.timeMs / stepMs)).toEqual(kept.map(([step]) => step));
            for (const [i, [, values]] of kept.entries()) {
              expect(found[i]?.value).toBeCloseTo(figure(values), 3);
            }
          }
        }
        const copy = new History({ minutes: 30, hours: 48, extremes: true });
        expect(copy.restore(JSON.parse(JSON.stringify(history.save())))).toBe(true);
        for (const each of [history, copy]) each.add(timeMs + MINUTE_MS, 5);
        expect(copy.series("minutes")).toEqual(history.series("minutes"));
        expect(copy.series("hours", "max")).toEqual(history.series("hours", "max"));
      }),
      { numRuns: 200 },
    );
  });

  it("takes no more memory than it says, however long it runs", () => {
    for (const [extremes, bytes] of [
      [false, 4800],
      [true, 14_400],
    ] as const) {
      const history = new History({ extremes });
      expect(history.bytes).toBeLessThan(1600);
      for (let minute = 0; minute < 60 * 1440; minute += 7) {
        history.add(MONDAY + minute * MINUTE_MS, minute);
      }
      expect(history.bytes).toBe(bytes);
      expect(history.series("hours").length).toBe(840);
    }
  });

  it("is not wiped out by a clock that is years off for a moment", () => {
    const history = new History();
    for (let minute = 0; minute < 600; minute++) history.add(MONDAY + minute * MINUTE_MS, 1);
    for (const years of [-20, 30]) {
      expect(history.add(MONDAY + years * 365 * DAY_MS, 9)).toBe(false);
    }
    history.add(MONDAY + 600 * MINUTE_MS, 1);
    history.add(MONDAY + 601 * MINUTE_MS, 1);
    expect(history.series("minutes").length).toBe(360);
    expect(history.series("minutes").every(({ value }) => value === 1)).toBe(true);
  });

  it("follows a clock that was put right, and a process that was away for a week", () => {
    for (const away of [7 * DAY_MS, -7 * DAY_MS]) {
      const history = new History();
      for (let minute = 0; minute < 600; minute++) history.add(MONDAY + minute * MINUTE_MS, 1);
      const startMs = MONDAY + away;
      for (let minute = 0; minute < 130; minute++) history.add(startMs + minute * MINUTE_MS, 2);
      const recent = history.series("hours").filter(({ value }) => value === 2);
      expect(recent.length).toBe(2);
      expect(history.series("minutes").at(-1)).toEqual({
        timeMs: startMs + 128 * MINUTE_MS,
        value: 2,
      });
      const times = history.series("hours").map(({ timeMs }) => timeMs);
      expect(times).toEqual([...times].sort((a, b) => a - b));
    }
  });

  it("leaves out what is no number, and a time a little way back", () => {
    const history = new History();
    expect(history.add(MONDAY, 1)).toBe(true);
    expect(history.add(MONDAY + MINUTE_MS, 2)).toBe(true);
    expect(history.add(MONDAY, 3)).toBe(false);
    for (const bad of [Number.NaN, Infinity]) {
      expect(history.add(MONDAY, bad)).toBe(false);
      expect(history.add(bad, 1)).toBe(false);
    }
    history.add(MONDAY + 2 * MINUTE_MS, 4);
    expect(history.series("minutes").map(({ value }) => value)).toEqual([1, 2]);
  });

  it("says what is wrong with its options, and does not restore what it cannot read", () => {
    expect(() => new History({ minutes: 1, hours: 1.5 })).toThrow(
      "minutes is 1; give a whole number from 10 to 10080; hours is 1.5; give a whole number from 24 to 17520",
    );
    const history = new History();
    for (const bad of [
      undefined,
      null,
      1,
      {},
      { lastMs: "a" },
      { lastMs: 1, minutes: [1], hours: 2 },
    ]) {
      expect(history.restore(bad)).toBe(false);
    }
    const huge = ["A".repeat(40_000)];
    const state = { lastMs: 1, minutes: [null, [5, huge[0]]], hours: [null, [5.5, "AAAA"]] };
    expect(history.restore(state)).toBe(false);
    expect(history.series("minutes")).toEqual([]);
  });
});
