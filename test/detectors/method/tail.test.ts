import { describe, expect, it } from "vitest";
import { Tail } from "../../../src/detectors/method/tail.js";
import { Draw } from "../series.js";

function taught(count: number, next: () => number): Tail {
  const tail = new Tail();
  for (let i = 0; i < count; i++) tail.learn(next());
  return tail;
}

describe("a tail", () => {
  it("has its level where one value in twenty is above", () => {
    const draw = new Draw(1);
    const distributions = [
      () => Math.abs(draw.normal()),
      () => draw.exponential(),
      () => (1 - draw.uniform()) ** -0.5,
    ];
    for (const next of distributions) {
      const tail = taught(20_000, next);
      let above = 0;
      for (let i = 0; i < 20_000; i++) if (next() > tail.level) above++;
      expect(above / 20_000).toBeGreaterThan(0.03);
      expect(above / 20_000).toBeLessThan(0.08);
    }
  });

  it("is that of Pareto's distribution, whose tail it takes all to have", () => {
    const draw = new Draw(2);
    // P(X > x) = x^−4: one in 10,000 is above 10.
    const tail = taught(50_000, () => (1 - draw.uniform()) ** -0.25);
    expect(tail.valueAt(-Math.log(1e-4))).toBeGreaterThan(7);
    expect(tail.valueAt(-Math.log(1e-4))).toBeLessThan(14);
  });

  it("puts the alarm of a normal series not before its theory, nor far behind", () => {
    const draw = new Draw(3);
    const tail = taught(20_000, () => Math.abs(draw.normal()));
    const alarm = tail.valueAt(-Math.log(5e-4));
    expect(alarm).toBeGreaterThan(3.48 * 0.95);
    expect(alarm).toBeLessThan(3.48 * 1.4);
  });

  it("is no less sure of a value than of a smaller one, and is its own inverse", () => {
    const draw = new Draw(4);
    const tail = taught(3000, () => draw.exponential());
    let last = -1;
    for (let value = 0; value < 50; value += 0.1) {
      const surprise = tail.surprise(value);
      expect(surprise).toBeGreaterThanOrEqual(last);
      if (value > 0) expect(tail.valueAt(surprise)).toBeCloseTo(value, 9);
      last = surprise;
    }
  });

  it("is moved by the logarithm of one extreme only", () => {
    const draw = new Draw(5);
    const tail = taught(3000, () => Math.abs(draw.normal()));
    const before = tail.valueAt(7);
    tail.learn(1e9);
    expect(tail.valueAt(7)).toBeLessThan(1.3 * before);
    tail.learn(Number.POSITIVE_INFINITY);
    expect(tail.valueAt(7)).toBeLessThan(1.7 * before);
  });

  it("is surprised by the first value that is not 0, the more the longer there was none", () => {
    const short = taught(100, () => 0);
    const long = taught(10_000, () => 0);
    expect(short.surprise(1)).toBeGreaterThan(-Math.log(1e-3));
    expect(long.surprise(1)).toBeGreaterThan(short.surprise(1));
    expect(long.surprise(0)).toBe(0);
    long.learn(1);
    expect(long.surprise(1)).toBeLessThan(4);
  });

  it("does not reach far beyond the largest it has seen, where all extremes are of one kind", () => {
    const draw = new Draw(7);
    // Noise around 1, and one value in fifty of 100: a tail fitted to both would reach to thousands.
    const tail = taught(5000, () => (draw.uniform() < 0.02 ? 100 : 1) * (1 + 0.1 * draw.normal()));
    expect(tail.surprise(100)).toBeLessThan(7);
    expect(tail.valueAt(-Math.log(5e-4))).toBeLessThan(200);
    expect(tail.surprise(400)).toBeGreaterThan(10);
  });

  it("comes down within two memories when the series has become much quieter", () => {
    const draw = new Draw(8);
    const tail = taught(5000, () => 1000 * Math.abs(draw.normal()));
    for (let i = 0; i < 3000; i++) tail.learn(Math.abs(draw.normal()));
    expect(tail.valueAt(7)).toBeLessThan(30);
  });

  it("takes NaN for nothing", () => {
    const draw = new Draw(6);
    const tail = taught(100, () => draw.exponential());
    tail.learn(Number.NaN);
    expect(tail.surprise(Number.NaN)).toBe(0);
    expect(Number.isFinite(tail.level)).toBe(true);
  });
});
