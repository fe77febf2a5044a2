import { describe, expect, it } from "vitest";
import { spot } from "../../../src/detectors/index.js";
import { alarms, Draw, Stream, values } from "../series.js";

describe("spot", () => {
  // Where one value in a thousand is, by theory, upwards.
  const theory = [
    ["normal", (draw: Draw) => draw.normal(), 3.0902],
    ["exponential", (draw: Draw) => draw.exponential(), Math.log(1000)],
    ["uniform", (draw: Draw) => draw.uniform(), 0.999],
    ["Pareto's", (draw: Draw) => (1 - draw.uniform()) ** -0.25, 1000 ** 0.25],
  ] as const;
  for (const [name, next, quantile] of theory) {
    it(`puts its limit where theory has one value in a thousand, on ${name} values`, () => {
      const limits = values(5, (seed) => {
        const draw = new Draw(seed + 1);
        const stream = new Stream(spot({ probability: 1e-3, depth: 0, calibrate: 5000 }));
        stream.show(values(15_000, () => next(draw)));
        return stream.one(next(draw)).upper ?? Number.NaN;
      });
      const median = limits.sort((a, b) => a - b)[2] as number;
      expect(median / quantile).toBeGreaterThan(0.9);
      expect(median / quantile).toBeLessThan(1.12);
    });
  }

  it("alarms about as often as it was told to", () => {
    const draw = new Draw(1);
    const stream = new Stream(spot({ probability: 1e-3, depth: 0 }));
    stream.show(values(1000, () => draw.normal()));
    const found = alarms(stream.show(values(30_000, () => draw.normal()))).length;
    // Once in a thousand to either side.
    expect(found).toBeGreaterThan(20);
    expect(found).toBeLessThan(180);
  });

  it("is not blinded by one extreme", () => {
    const draw = new Draw(4);
    const stream = new Stream(spot());
    stream.show(values(1500, () => draw.normal()));
    const { upper = 0 } = stream.one(0);
    stream.one(1e6);
    stream.show(values(20, () => draw.normal()));
    expect(stream.one(0).upper).toBeLessThan(1.5 * upper);
  });

  it("follows a level that drifts, with a depth, and sees a jump from it", () => {
    const draw = new Draw(2);
    const stream = new Stream(spot());
    const drifting = (at: number) => 0.05 * at + draw.normal();
    stream.show(values(1000, drifting));
    expect(alarms(stream.show(values(2000, (at) => drifting(1000 + at)))).length).toBeLessThan(4);
    expect(stream.one(0.05 * 3000 + 15)).toMatchObject({
      anomalous: true,
      reason: expect.stringMatching(
        /^165 is above 15\d\.\d; by the extremes seen so far only 0.01 %/,
      ),
    });
  });

  it("learns a change that lasts, which the paper's never would", () => {
    const draw = new Draw(3);
    const stream = new Stream(spot());
    stream.show(values(1000, () => draw.normal()));
    const found = alarms(stream.show(values(500, () => 50 + draw.normal())));
    expect(found[0]).toBe(0);
    expect(found.length).toBeGreaterThan(2);
    expect(found.filter((at) => at > 20).length).toBeLessThan(3);
  });
});
