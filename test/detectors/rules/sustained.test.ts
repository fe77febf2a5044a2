import { describe, expect, it } from "vitest";
import { allOf, sustained, threshold } from "../../../src/detectors/index.js";
import { HOSTILE } from "../../helpers/hostile.js";
import { HOUR, MINUTE, Stream, values } from "../series.js";

const high = () => threshold({ above: 100 });

describe("sustained", () => {
  it("alarms once its detector has alarmed for that long without a break", () => {
    for (const stepMs of [10_000, MINUTE, 4 * MINUTE]) {
      const stream = new Stream(sustained(high(), 8 * MINUTE), stepMs);
      stream.show(values(20, () => 50));
      const verdicts = stream.show(values(60, () => 200));
      const first = verdicts.findIndex(({ anomalous }) => anomalous);
      expect(first).toBe((8 * MINUTE) / stepMs);
      expect(verdicts.slice(first).every(({ anomalous }) => anomalous)).toBe(true);
      const scores = verdicts.slice(0, first).map(({ score }) => score);
      expect(scores).toEqual([...scores].sort((a, b) => a - b));
      expect(verdicts[first]).toMatchObject({
        score: 0.75,
        reason: "200 is above the limit of 100, for 8 min by now",
      });
    }
  });

  it("begins again after one value that is no alarm", () => {
    const stream = new Stream(sustained(high(), 5 * MINUTE));
    const verdicts = stream.show(values(100, (at) => (at % 5 === 4 ? 50 : 200)));
    expect(verdicts.some(({ anomalous }) => anomalous)).toBe(false);
  });

  it("neither ends nor counts with a value that is missing", () => {
    const stream = new Stream(sustained(high(), 5 * MINUTE));
    const series = [200, Number.NaN, 200, Number.NaN, Number.NaN, 200];
    expect(stream.show(series).map(({ anomalous }) => anomalous)).toEqual([
      false,
      false,
      false,
      false,
      false,
      true,
    ]);
  });

  it("does not take a gap for an alarm that lasted", () => {
    const stream = new Stream(sustained(high(), 5 * MINUTE));
    stream.show(values(20, () => 50));
    stream.one(200);
    stream.timeMs += 3 * HOUR;
    expect(stream.one(200).anomalous).toBe(false);
    expect(stream.show(values(5, () => 200))[4]?.anomalous).toBe(true);
  });

  it("serves composites whose own value is missing", () => {
    const stream = new Stream(sustained(allOf({ cpu: high() }), 2 * MINUTE));
    const verdicts = stream.show(
      values(4, () => Number.NaN),
      () => ({ inputs: { cpu: 200 } }),
    );
    expect(verdicts.map(({ anomalous }) => anomalous)).toEqual([false, false, true, true]);
  });

  it("tells all that is wrong with its arguments", () => {
    expect(() => sustained(5 as never, -1)).toThrow(/^sustained: 2 options to mend:/);
    expect(() => sustained(high(), undefined as never)).toThrow(/forMs is missing/);
    for (const hostile of Object.values(HOSTILE)) {
      expect(() => sustained(hostile() as never, 5)).toThrow(RangeError);
    }
  });
});
