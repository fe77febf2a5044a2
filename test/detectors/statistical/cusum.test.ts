import { describe, expect, it } from "vitest";
import { cusum } from "../../../src/detectors/index.js";
import { alarms, Draw, Stream, values } from "../series.js";

describe("cusum", () => {
  const taught = (seed: number, options = {}) => {
    const draw = new Draw(seed);
    const stream = new Stream(cusum(options));
    stream.show(values(1000, () => 100 + draw.normal()));
    return { draw, stream };
  };

  it("sees a small shift that lasts, and says since when and to where", () => {
    const { draw, stream } = taught(1);
    const verdicts = stream.show(values(40, () => 101.5 + draw.normal()));
    const [first = Number.NaN] = alarms(verdicts);
    // The limit over what each value adds: 15 ÷ (1.5 − 0.5).
    expect(first).toBeGreaterThan(8);
    expect(first).toBeLessThan(25);
    expect(verdicts[first]?.reason).toMatch(
      /^the last \d+ values are above the usual (99\.\d+|100(\.\d+)?): 101\.\d+ on average$/,
    );
  });

  it("lets a spike pass, however high", () => {
    const { draw, stream } = taught(2);
    expect(alarms(stream.show([1e6, ...values(50, () => 100 + draw.normal())]))).toEqual([]);
  });

  it("takes a shift that lasts for the new level, and sees the way back", () => {
    const { draw, stream } = taught(3);
    const up = alarms(stream.show(values(300, () => 105 + draw.normal())));
    expect(up.length).toBeGreaterThan(5);
    expect(Math.max(...up)).toBeLessThan(60);
    expect(alarms(stream.show(values(300, () => 100 + draw.normal()))).length).toBeGreaterThan(5);
  });

  it("knows that a series whose neighbours are alike wanders farther", () => {
    const draw = new Draw(4);
    let value = 0;
    const next = () => (value = 0.9 * value + draw.normal());
    const stream = new Stream(cusum({ baseline: 5000 }));
    stream.show(values(5000, next));
    expect(alarms(stream.show(values(5000, next))).length).toBeLessThan(25);
  });
});
