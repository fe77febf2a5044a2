import { describe, expect, it } from "vitest";
import { duration, figure, percent } from "../../../src/detectors/method/words.js";

describe("numbers in words", () => {
  it("have four digits at most, and thousands apart", () => {
    expect([0.000123456, 12.3456, 1234.56, 1e-9].map(figure)).toEqual([
      "0.0001235",
      "12.35",
      "1235",
      "1e-9",
    ]);
    expect([12_345.6, 9_876_543, 1e15, Number.POSITIVE_INFINITY].map(figure)).toEqual([
      "12,346",
      "9,876,543",
      "1000000000000000",
      "Infinity",
    ]);
  });

  it("have units of time that fit", () => {
    const lengths = [500, 90_000, 60_000, 5_400_000, 36 * 3_600_000, 3 * 86_400_000];
    expect(lengths.map(duration)).toEqual([
      "500 ms",
      "1.5 min",
      "1 min",
      "1.5 h",
      "36 h",
      "3 days",
    ]);
    expect(percent(0.1234567)).toBe("12.3 %");
  });
});
