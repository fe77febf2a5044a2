import { describe, expect, it } from "vitest";
import { normalSurprise, scoreOf } from "../../../src/detectors/method/score.js";

describe("a score", () => {
  it("is a half at the alarm, two thirds at its square, three quarters at its cube", () => {
    for (const alarm of [0.1, 7, 700]) {
      expect(scoreOf(alarm, alarm)).toBe(0.5);
      expect(scoreOf(2 * alarm, alarm)).toBeCloseTo(2 / 3, 12);
      expect(scoreOf(3 * alarm, alarm)).toBeCloseTo(3 / 4, 12);
    }
  });

  it("is 0 of what is no surprise, 1 of what is impossible, and of NaN 0", () => {
    expect(scoreOf(0, 5)).toBe(0);
    expect(scoreOf(-3, 5)).toBe(0);
    expect(scoreOf(Number.NaN, 5)).toBe(0);
    expect(scoreOf(Number.POSITIVE_INFINITY, 5)).toBe(1);
  });
});

describe("the surprise of a normal deviate", () => {
  // −ln of two-sided tail probabilities, from tables.
  const known = [
    [0, 0],
    [1, 1.147_87],
    [1.959_964, 2.995_73],
    [2.575_829, 4.605_17],
    [3.890_592, 9.210_34],
    [4.891_638, 13.815_51],
    [6, 20.043_62],
    [10, 52.538_14],
    [30, 453.628_1],
  ] as const;

  it("is that of the tables, on either side, far out as well", () => {
    for (const [z, surprise] of known) {
      expect(normalSurprise(z)).toBeCloseTo(surprise, 3);
      expect(normalSurprise(-z)).toBe(normalSurprise(z));
    }
    expect(normalSurprise(Number.POSITIVE_INFINITY)).toBe(Number.POSITIVE_INFINITY);
    expect(normalSurprise(Number.NaN)).toBe(0);
  });

  it("rises all the way, where two formulas meet too", () => {
    let last = -1;
    for (let z = 0; z < 60; z += 0.01) {
      const next = normalSurprise(z);
      expect(next).toBeGreaterThan(last);
      last = next;
    }
  });
});
