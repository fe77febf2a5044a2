import { describe, expect, it } from "vitest";
import { holtWinters } from "../../../src/detectors/index.js";
import { alarms, DAY, Draw, HOUR, MINUTE, Stream, values } from "../series.js";

const daily =
  (draw: Draw, perDay: number, trend = 0) =>
  (at: number) =>
    100 + 40 * Math.sin((2 * Math.PI * at) / perDay) + (trend * at) / perDay + 3 * draw.normal();

describe("holtWinters", () => {
  for (const [name, stepMs] of [
    ["5 minutes", 5 * MINUTE],
    ["an hour", HOUR],
  ] as const) {
    it(`finds a day by itself from values ${name} apart, and sees what is wrong only at this hour`, () => {
      const perDay = DAY / stepMs;
      const draw = new Draw(1);
      const stream = new Stream(holtWinters(), stepMs);
      const valueAt = daily(draw, perDay);
      const days = (from: number, count: number) =>
        values(count * perDay, (at) => valueAt(from * perDay + at));
      stream.show(days(0, 14));
      const quiet = alarms(stream.show(days(14, 7)));
      expect(quiet.length).toBeLessThan(0.004 * 7 * perDay + 1);
      // 100 is the mean of the day; at 6 o'clock it is 140.
      stream.show(days(21, 0.25));
      const verdict = stream.one(85);
      expect(verdict.anomalous).toBe(true);
      expect(verdict.expected).toBeGreaterThan(125);
      expect(verdict.reason).toMatch(/^85 is below .*, the least to be expected now; the forecast/);
    });
  }

  it("follows a trend, which a level alone does not", () => {
    const draw = new Draw(2);
    const next = (at: number) => 2 * at + draw.normal();
    const behind = [{ beta: 0 }, {}, { beta: 0.1, damping: 1 }].map((options) => {
      const stream = new Stream(holtWinters(options));
      stream.show(values(2000, next));
      const verdicts = stream.show(values(200, (at) => next(2000 + at)));
      expect(alarms(verdicts).length).toBeLessThan(3);
      const behind = verdicts.map(({ expected = 0 }, at) => 2 * (2000 + at) - expected);
      return behind.reduce((sum, each) => sum + each, 0) / 200;
    });
    // What is steady is 2 ÷ α behind without a trend; damping leaves half of that, no damping nothing.
    expect(behind[0]).toBeCloseTo(10, 0);
    expect(behind[1]).toBeCloseTo(5, 0);
    expect(behind[2]).toBeCloseTo(0, 0);
  });

  it("carries level and trend over a gap", () => {
    const draw = new Draw(3);
    const stream = new Stream(holtWinters({ beta: 0.1, damping: 1 }));
    stream.show(values(500, (at) => at + 0.2 * draw.normal()));
    stream.timeMs += 20 * MINUTE;
    const { expected = 0 } = stream.one(520);
    expect(Math.abs(expected - 520)).toBeLessThan(2);
  });

  it("knows the season it was given after seeing it once", () => {
    const draw = new Draw(4);
    const stream = new Stream(holtWinters({ seasonMs: HOUR }));
    const next = (at: number) => (at % 60 === 30 ? 500 : 100) + draw.normal();
    stream.show(values(60 * 6, next));
    const verdicts = stream.show(values(60 * 6, (at) => next(360 + at)));
    expect(alarms(verdicts).length).toBeLessThan(4);
    expect(verdicts[30]?.expected).toBeGreaterThan(480);
    expect(verdicts[31]?.expected).toBeLessThan(110);
  });

  it("learns a shift that lasts", () => {
    const draw = new Draw(5);
    const stream = new Stream(holtWinters());
    stream.show(values(500, () => 100 + draw.normal()));
    const found = alarms(stream.show(values(500, () => 130 + draw.normal())));
    expect(found[0]).toBe(0);
    expect(Math.max(...found)).toBeLessThan(150);
  });
});
