import { describe, expect, it } from "vitest";
import { robustZ } from "../../../src/detectors/index.js";
import { alarms, Draw, Stream, values } from "../series.js";

describe("robustZ", () => {
  it("still knows what is usual when two values in five are outliers", () => {
    const draw = new Draw(1);
    const stream = new Stream(robustZ({ threshold: 8 }));
    const verdicts = stream.show(
      values(1000, (at) => (at % 5 < 2 ? 1000 + 50 * at : 10 + draw.normal())),
    );
    const outliers = verdicts.slice(200).filter((_, at) => at % 5 < 2);
    const usual = verdicts.slice(200).filter((_, at) => at % 5 >= 2);
    expect(outliers.every(({ anomalous }) => anomalous)).toBe(true);
    expect(alarms(usual)).toEqual([]);
  });

  it("uses the mean distance where more than half of the values are the same", () => {
    const stream = new Stream(robustZ({ threshold: 6 }));
    stream.show(values(200, (at) => (at % 5 === 0 ? 6 : 5)));
    // A fifth of the values are 1 off: 0.2 on average, a deviation of 0.25.
    expect(stream.one(6).anomalous).toBe(false);
    expect(stream.one(6.4).anomalous).toBe(false);
    expect(stream.one(7).anomalous).toBe(true);
  });

  it("says what it compared with what", () => {
    const stream = new Stream(robustZ({ threshold: 6 }));
    stream.show(values(200, (at) => 9 + (at % 3)));
    expect(stream.one(50)).toMatchObject({
      expected: 10,
      reason: "50 is 26.98 robust deviations above 10, the median of the last 200 values",
    });
  });
});
