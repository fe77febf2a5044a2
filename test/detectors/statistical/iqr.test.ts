import { describe, expect, it } from "vitest";
import { iqr } from "../../../src/detectors/index.js";
import { alarms, Draw, Stream, values } from "../series.js";

describe("iqr", () => {
  it("has its fences where Tukey put them", () => {
    const taught = () => {
      const stream = new Stream(iqr({ fence: 3, window: 101 }));
      // 0 … 100: quartiles 25 and 75.
      stream.show(values(101, (at) => (at * 37) % 101));
      return stream;
    };
    expect(taught().one(224).anomalous).toBe(false);
    expect(taught().one(226).anomalous).toBe(true);
    expect(taught().one(-124).anomalous).toBe(false);
    expect(taught().one(-126).anomalous).toBe(true);
    expect(taught().one(250)).toMatchObject({
      expected: 50,
      lower: -125,
      upper: 225,
      reason:
        "250 is 3.5 interquartile ranges above the middle half of the last 101 values, 25 … 75",
    });
  });

  it("is as quiet on a skewed series as on an even one", () => {
    const draw = new Draw(1);
    const stream = new Stream(iqr());
    stream.show(values(1000, () => draw.exponential()));
    expect(alarms(stream.show(values(10_000, () => draw.exponential()))).length).toBeLessThan(25);
    expect(stream.one(40).anomalous).toBe(true);
  });

  it("looks farther out where half of the values are the same", () => {
    const stream = new Stream(iqr({ fence: 3 }));
    stream.show(values(300, (at) => (at % 10 === 0 ? 7 : 5)));
    expect(stream.one(7).anomalous).toBe(false);
    expect(stream.one(20).anomalous).toBe(true);
  });
});
