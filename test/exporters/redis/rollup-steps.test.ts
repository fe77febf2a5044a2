import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  chunkMs,
  floorTo,
  plansOf,
  rollupField,
  startsIn,
} from "../../../src/exporters/redis/rollup-steps.js";
import { DEFAULT_RETENTION } from "../../../src/exporters/redis/schema.js";

describe("the steps of roll-ups", () => {
  it("lie in hashes of a minute, an hour and a day", () => {
    expect([10_000, 60_000, 3_600_000].map(chunkMs)).toEqual([60_000, 3_600_000, 86_400_000]);
    expect([7000, 86_400_000].map(chunkMs)).toEqual([420_000, 30 * 86_400_000]);
  });

  it("have a field of their own within their hash", () => {
    const stepMs = fc.constantFrom(1000, 7000, 10_000, 60_000, 300_000, 3_600_000, 86_400_000);
    fc.assert(
      fc.property(stepMs, fc.nat(1e6), fc.nat(1e6), (step, a, b) => {
        const [one, other] = [a * step, b * step];
        const isSame =
          rollupField("id", step, one) === rollupField("id", step, other) &&
          floorTo(one, chunkMs(step)) === floorTo(other, chunkMs(step));
        return isSame === (one === other);
      }),
    );
  });

  it("are those that begin in a stretch of time", () => {
    expect(startsIn(0, 30, 10)).toEqual([0, 10, 20]);
    expect(startsIn(1, 31, 10)).toEqual([10, 20, 30]);
    expect(startsIn(5, 5, 10)).toEqual([]);
  });

  it("are planned once for all categories that have the same", () => {
    const hours = { stepMs: 3_600_000, keepMs: 1e9 };
    const byCategory = new Map([
      ["a", [hours]],
      ["b", [{ ...hours, keepMs: 2e9 }]],
    ]);
    const [common, coarse, ...none] = plansOf({ ...DEFAULT_RETENTION, byCategory });
    expect(none).toEqual([]);
    expect(["a", "b", "c"].map((each) => common?.isOf(each))).toEqual([false, false, true]);
    expect(["a", "b", "c"].map((each) => coarse?.isOf(each))).toEqual([true, true, false]);
    expect(coarse?.keepMs("a", 3_600_000)).toBe(1e9);
    expect(coarse?.longestMs(3_600_000)).toBe(2e9);
  });
});
