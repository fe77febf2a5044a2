import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { History } from "../../src/slo/history.js";

const STEP = 10_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe("the history of an SLO", () => {
  it("tells the events of any window as a list of them would, within the step kept for its age", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.nat(50), fc.nat(50), fc.integer({ min: 1, max: 60 })), {
          minLength: 1,
          maxLength: 200,
        }),
        fc.double({ min: 0, max: 1, noNaN: true }),
        (steps, share) => {
          const history = new History(STEP, 30 * DAY);
          const list: { at: number; good: number; total: number }[] = [];
          let now = 0;
          let good = 0;
          let total = 0;
          for (const [well, badly, ticks] of steps) {
            now += ticks * STEP;
            good += well;
            total += well + badly;
            history.add(now, { good, total });
            list.push({ at: now, good, total });
          }
          // Within 7 h every moment is kept.
          const from = now - Math.min(now, 7 * HOUR) * share;
          const start = list.findLast(({ at }) => at <= from) ?? list[0];
          expect(history.between(from, now)).toEqual({
            good: good - (start?.good ?? 0),
            total: total - (start?.total ?? 0),
          });
        },
      ),
    );
  });

  it("reaches back over its days with a few thousand moments", () => {
    const history = new History(STEP, 30 * DAY);
    const steps = (31 * DAY) / STEP;
    for (let i = 1; i <= steps; i++) history.add(i * STEP, { good: i, total: i });
    const now = steps * STEP;
    for (const ms of [60_000, HOUR, 6 * HOUR, DAY, 3 * DAY, 30 * DAY]) {
      const allowed = ms > 4 * DAY ? HOUR / STEP : ms > 7 * HOUR ? 6 : 0;
      const { total } = history.between(now - ms, now);
      expect(Math.abs(total - ms / STEP)).toBeLessThanOrEqual(allowed);
    }
    expect(JSON.stringify(history.save()).length).toBeLessThan(200_000);
  });

  it("goes on after a restart from where it was, to the minute", () => {
    const history = new History(STEP, 30 * DAY);
    for (let i = 1; i <= 10_000; i++) history.add(i * STEP, { good: 2 * i, total: 3 * i });
    const restored = new History(STEP, 30 * DAY);
    expect(restored.restore(JSON.parse(JSON.stringify(history.save())))).toEqual(history.latest);
    const now = 10_000 * STEP;
    expect(restored.latest).toEqual({ good: 20_000, total: 30_000 });
    for (const ms of [HOUR, 6 * HOUR, DAY]) {
      const want = history.between(now - ms, now);
      const got = restored.between(now - ms, now);
      expect(Math.abs(got.total - want.total)).toBeLessThanOrEqual(18);
    }
  });

  it("reads nothing from a state that is none", () => {
    for (const state of [
      undefined,
      null,
      5,
      [],
      [[], [1]],
      [
        [1, 2, 3],
        [0, 1, 1],
      ],
      { a: 1 },
    ]) {
      const history = new History(STEP, DAY);
      expect(history.restore(state)).toBeUndefined();
      expect(history.latest).toEqual({ good: 0, total: 0 });
    }
  });

  it("takes a clock that is set back: the later moments are gone, the counts are not", () => {
    const history = new History(STEP, DAY);
    for (let i = 1; i <= 100; i++) history.add(i * STEP, { good: i, total: i });
    history.add(50 * STEP, { good: 101, total: 101 });
    expect(history.latest.total).toBe(101);
    expect(history.between(49 * STEP, 50 * STEP).total).toBe(52);
  });
});
