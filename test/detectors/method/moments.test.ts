import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Moments, SerialMoments } from "../../../src/detectors/method/moments.js";
import { RollingMoments } from "../../../src/detectors/method/rolling-moments.js";
import { Draw } from "../series.js";

describe("rolling moments", () => {
  it("are those of exactly the last values, however far from 0 they lie", () => {
    const arrays = fc.array(fc.double({ min: -100, max: 100, noNaN: true }), { maxLength: 80 });
    fc.assert(
      fc.property(
        arrays,
        fc.integer({ min: 2, max: 15 }),
        fc.constantFrom(0, 1e7),
        (list, size, far) => {
          const moments = new RollingMoments(size);
          list.forEach((each, at) => {
            moments.learn(far + each);
            const last = list.slice(Math.max(0, at + 1 - size), at + 1);
            const mean = last.reduce((sum, value) => sum + value, 0) / last.length;
            expect(moments.mean - far).toBeCloseTo(mean, 5);
            if (last.length < 2) return;
            const squares = last.reduce((sum, value) => sum + (value - mean) ** 2, 0);
            const deviation = Math.sqrt(squares / (last.length - 1));
            expect(Math.abs(moments.deviation - deviation)).toBeLessThan(0.02 + far * 2e-9);
          });
        },
      ),
    );
  });
});

describe("forgetting moments", () => {
  it("are about those of what they are shown", () => {
    const draw = new Draw(3);
    const moments = new Moments(500);
    for (let i = 0; i < 20_000; i++) moments.learn(50 + 4 * draw.normal());
    expect(moments.mean).toBeGreaterThan(49.4);
    expect(moments.mean).toBeLessThan(50.6);
    expect(moments.deviation).toBeGreaterThan(3.5);
    expect(moments.deviation).toBeLessThan(4.5);
  });

  it("are moved little by one value far out, and all the way by many", () => {
    const draw = new Draw(4);
    const moments = new Moments(100);
    for (let i = 0; i < 1000; i++) moments.learn(50 + draw.normal());
    moments.learn(1e6);
    expect(moments.mean).toBeLessThan(51);
    expect(moments.deviation).toBeLessThan(2);
    for (let i = 0; i < 1000; i++) moments.learn(80 + draw.normal());
    expect(moments.mean).toBeGreaterThan(79);
    expect(moments.mean).toBeLessThan(81);
  });
});

describe("serial moments", () => {
  it("know that sums of values whose neighbours are alike wander farther", () => {
    for (const phi of [0, 0.5, 0.9]) {
      const draw = new Draw(5);
      const moments = new SerialMoments(5000);
      let value = 0;
      for (let i = 0; i < 50_000; i++) {
        value = phi * value + Math.sqrt(1 - phi * phi) * draw.normal();
        moments.learn(value);
      }
      const theory = Math.sqrt((1 + phi) / (1 - phi));
      expect(moments.wander / theory).toBeGreaterThan(0.85);
      expect(moments.wander / theory).toBeLessThan(1.15);
    }
  });
});
