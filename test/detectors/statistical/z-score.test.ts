import { describe, expect, it } from "vitest";
import { zScore } from "../../../src/detectors/index.js";
import { alarms, Draw, Stream, values } from "../series.js";

describe("zScore", () => {
  it("alarms from the threshold on, and not before", () => {
    // Alternating 9 and 11: mean 10, deviation 1 (but for the sample's n − 1).
    const taught = () => {
      const stream = new Stream(zScore({ window: 100, threshold: 4 }));
      stream.show(values(200, (at) => 9 + 2 * (at % 2)));
      return stream;
    };
    expect(taught().one(13.9).anomalous).toBe(false);
    expect(taught().one(14.1).anomalous).toBe(true);
    expect(taught().one(5.9).anomalous).toBe(true);
    const verdict = taught().one(16);
    expect(verdict.expected).toBeCloseTo(10, 9);
    expect(verdict.upper).toBeCloseTo(14, 1);
    expect(verdict.reason).toBe(
      "16 is 5.97 standard deviations above 10, the mean of the last 100 values",
    );
  });

  it("scores a value by how improbable it is for a normal series", () => {
    const draw = new Draw(1);
    const stream = new Stream(zScore({ window: 5000, threshold: 4 }));
    stream.show(values(5000, () => draw.normal()));
    expect(stream.one(4).score).toBeCloseTo(0.5, 1);
    // −ln p is 9.67 at four deviations and 19.3 at 5.9.
    expect(stream.one(5.9).score).toBeCloseTo(2 / 3, 1);
  });

  it("learns its threshold where none is given: once in about a thousand values", () => {
    for (const heavy of [false, true]) {
      const draw = new Draw(2);
      // Normal, and Student's t with three degrees of freedom.
      const next = () => {
        const z = draw.normal();
        if (!heavy) return z;
        const chi = draw.normal() ** 2 + draw.normal() ** 2 + draw.normal() ** 2;
        return z / Math.sqrt(chi / 3);
      };
      const stream = new Stream(zScore());
      stream.show(values(2000, next));
      const found = alarms(stream.show(values(20_000, next))).length;
      expect(found).toBeLessThan(40);
      if (heavy) expect(found).toBeGreaterThan(5);
    }
  });

  it("is blinded by a spike until that has left the window, as robustZ is not", () => {
    const stream = new Stream(zScore({ window: 50, threshold: 5 }));
    stream.show(values(100, (at) => 10 + (at % 3)));
    expect(stream.one(1000).anomalous).toBe(true);
    expect(stream.one(100).anomalous).toBe(false);
    stream.show(values(60, (at) => 10 + (at % 3)));
    expect(stream.one(100).anomalous).toBe(true);
  });
});
