import { describe, expect, it } from "vitest";
import { generator } from "../../bench/detection/random.mjs";
import { BURN_RATES, type BurnRate, burnStatusOf } from "../../src/slo/burn-rate.js";
import { History } from "../../src/slo/history.js";

const STEP = 10_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** Events of each step: what a service lived through. */
interface Life {
  readonly objective: number;
  readonly total: readonly number[];
  readonly bad: readonly number[];
}

/**
 * The workbook's condition, word for word: the error ratio of the long window and that of the short one are
 * both above factor × (1 − objective). By sums over every step; nothing of the library.
 *
 * @returns for each step whether it holds
 */
function byTheBook({ objective, total, bad }: Life, { factor, longMs, shortMs }: BurnRate) {
  const sums = (steps: readonly number[]) => {
    const sum = [0];
    for (const [at, each] of steps.entries()) sum.push((sum[at] as number) + each);
    return (from: number, to: number) => (sum[to] as number) - (sum[Math.max(0, from)] as number);
  };
  const [all, failed] = [sums(total), sums(bad)];
  const ratio = (to: number, ms: number) => failed(to - ms / STEP, to) / all(to - ms / STEP, to);
  const limit = factor * (1 - objective) * (1 - 1e-9);
  return total.map((_, at) => ratio(at + 1, longMs) >= limit && ratio(at + 1, shortMs) >= limit);
}

/** What the library says in each step. */
function byTheLibrary({ objective, total, bad }: Life, rate: BurnRate): boolean[] {
  const history = new History(STEP, 90 * DAY);
  let [good, all] = [0, 0];
  history.add(0, { good, total: all });
  return total.map((count, at) => {
    const now = (at + 1) * STEP;
    all += count;
    good += count - (bad[at] as number);
    history.add(now, { good, total: all });
    const within = (ms: number) => history.between(now - ms, now);
    // The past before the record was good: all of each window counts.
    return burnStatusOf(rate, { objective, minEvents: 0, knownMs: 90 * DAY, within }).firing;
  });
}

/** Where an alert begins and ends. */
function changes(firing: readonly boolean[]): { readonly at: number; readonly to: boolean }[] {
  return firing.flatMap((to, at) => (to === (firing[at - 1] ?? false) ? [] : [{ at, to }]));
}

/** Each change within a step of one of the other; flickers of a step may be in one alone. */
function expectWithinOneStep(found: readonly boolean[], book: readonly boolean[]): void {
  const differ = found.flatMap((is, at) => {
    const near = [book[at - 1] ?? false, book[at], book[at + 1] ?? book[at]];
    return near.includes(is) ? [] : [at];
  });
  expect(differ).toEqual([]);
}

const steady = (days: number, perStep: number, ratio: (at: number) => number): Life => {
  const total = Array.from({ length: (days * DAY) / STEP }, () => perStep);
  return { objective: 0.999, total, bad: total.map((count, at) => count * ratio(at * STEP)) };
};

describe("burn-rate alerts, against sums over every event", () => {
  for (const times of [1.05, 1.3, 3.3, 7, 16, 60, 1000]) {
    it(`begin and end when the workbook says at ${times} times the budget's pace`, () => {
      const life = steady(8.5, 1000, (ms) =>
        ms >= 1.5 * DAY && ms < 5 * DAY ? Math.min(1, times / 1000) : 0,
      );
      for (const rate of BURN_RATES) {
        const book = byTheBook(life, rate);
        expectWithinOneStep(byTheLibrary(life, rate), book);
        if (rate.factor < times) expect(changes(book).map(({ to }) => to)).toEqual([true, false]);
      }
    });
  }

  for (const seed of [1, 2, 3]) {
    it(`agree on a life of bursts, lulls and faults (${seed})`, () => {
      const random = generator(String(seed));
      const total: number[] = [];
      const bad: number[] = [];
      let [level, ratio, left] = [100, 0, 0];
      for (let at = 0; at < (5 * DAY) / STEP; at++) {
        if (left-- <= 0) {
          left = Math.ceil(random.between(1, 2 * 360));
          level = 10 ** random.between(0, 3);
          ratio = random.uniform() < 0.3 ? 10 ** random.between(-3.5, 0) : 0.0002;
        }
        const count = random.poisson(level);
        total.push(count);
        bad.push(Math.min(count, random.poisson(count * ratio)));
      }
      for (const rate of BURN_RATES) {
        const life = { objective: 0.999, total, bad };
        const book = byTheBook(life, rate);
        const found = byTheLibrary(life, rate);
        const apart = found.filter((is, at) => is !== book[at]).length;
        expect(apart / found.length).toBeLessThan(0.001);
        expect(book.some(Boolean)).toBe(true);
        expect(found.some(Boolean)).toBe(true);
      }
    });
  }
});
