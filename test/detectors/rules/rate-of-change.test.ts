import { describe, expect, it } from "vitest";
import { rateOfChange } from "../../../src/detectors/index.js";
import { MINUTE, MONDAY, Stream } from "../series.js";

describe("rateOfChange", () => {
  it("counts change by the time that has passed, whatever that is", () => {
    for (const stepMs of [1000, MINUTE, 7 * MINUTE]) {
      const perStep = stepMs / MINUTE;
      const stream = new Stream(rateOfChange({ above: 10, below: -20 }), stepMs);
      stream.one(100);
      expect(stream.one(100 + 9.9 * perStep).anomalous).toBe(false);
      expect(stream.one(100 + 20.1 * perStep).anomalous).toBe(true);
      expect(stream.one(100 + 0.2 * perStep).anomalous).toBe(false);
      expect(stream.one(100 - 20 * perStep).anomalous).toBe(true);
    }
  });

  it("counts in shares of the value before, when it is told to", () => {
    const stream = new Stream(rateOfChange({ above: 0.5, relative: true }));
    stream.one(200);
    expect(stream.one(299).anomalous).toBe(false);
    expect(stream.one(450)).toMatchObject({
      anomalous: true,
      reason: "it went from 299 to 450 in 1 min: 50.5 % in 1 min, where 50 % is the limit",
    });
    expect(stream.one(0).anomalous).toBe(false);
    expect(stream.one(1e-9).score).toBe(1);
  });

  it("says what the next value may be", () => {
    const stream = new Stream(rateOfChange({ above: 10, below: -5, perMs: 1000 }), 2000);
    stream.one(100);
    expect(stream.one(100)).toMatchObject({ lower: 90, upper: 120 });
  });

  it("has no rate where no time has passed", () => {
    const detector = rateOfChange({ above: 1 });
    expect(detector.observe(1, MONDAY).warmingUp).toBe(true);
    expect(detector.observe(100, MONDAY)).toMatchObject({ score: 0, anomalous: false });
    expect(detector.observe(100, MONDAY - 5)).toMatchObject({ score: 0, anomalous: false });
    expect(detector.observe(100, MONDAY + MINUTE).anomalous).toBe(true);
  });

  it("tells all that is wrong with its options", () => {
    expect(() => rateOfChange({ perMs: 0, relative: 1 } as never)).toThrow(
      /^rateOfChange: 3 options to mend:/,
    );
  });
});
