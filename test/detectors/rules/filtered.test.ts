import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  type Detector,
  type FilteredOptions,
  filtered,
  threshold,
  type Verdict,
  zScore,
} from "../../../src/detectors/index.js";

const says = (verdict: Partial<Verdict>): Detector => ({
  name: "says",
  observe: () => ({ score: 0.9, anomalous: true, warmingUp: false, reason: "odd", ...verdict }),
  save: () => null,
  restore() {},
});

const scoreOf = (value: number, verdict: Partial<Verdict>, options: FilteredOptions) =>
  filtered(says(verdict), options).observe(value, 1);

describe("filtered", () => {
  it("lets alarms of one direction pass", () => {
    const expected = { expected: 10 };
    expect(scoreOf(20, expected, { direction: "up" })).toMatchObject({ score: 0.9, reason: "odd" });
    expect(scoreOf(5, expected, { direction: "up" })).toEqual({
      score: 0.49,
      anomalous: false,
      warmingUp: false,
      expected: 10,
    });
    expect(scoreOf(20, expected, { direction: "down" }).anomalous).toBe(false);
    expect(scoreOf(5, expected, { direction: "down" }).anomalous).toBe(true);
  });

  it("compares with the bound that was crossed where nothing is expected", () => {
    const bounds = { lower: 10, upper: 20 };
    expect(scoreOf(25, bounds, { minimumChange: 0.2 }).anomalous).toBe(true);
    expect(scoreOf(23, bounds, { minimumChange: 0.2 }).anomalous).toBe(false);
    expect(scoreOf(7, bounds, { minimumChange: 0.2, direction: "down" }).anomalous).toBe(true);
    expect(scoreOf(7, bounds, { direction: "up" }).anomalous).toBe(false);
  });

  it("lets all alarms pass of a detector that expects nothing", () => {
    expect(scoreOf(7, {}, { direction: "up", minimumDifference: 100 }).anomalous).toBe(true);
  });

  it("passes exactly what goes the right way and far enough", () => {
    const number = fc.double({ min: -1e6, max: 1e6, noNaN: true });
    const least = fc.double({ min: 0, max: 10, noNaN: true });
    fc.assert(
      fc.property(
        number,
        number,
        least,
        least,
        fc.constantFrom("up" as const, "down" as const, undefined),
        (value, expected, minimumChange, minimumDifference, direction) => {
          const change = value - expected;
          const wanted =
            (direction === undefined || (direction === "up" ? change >= 0 : change <= 0)) &&
            Math.abs(change) >= minimumDifference &&
            Math.abs(change) >= minimumChange * Math.abs(expected);
          const options = { minimumChange, minimumDifference, ...(direction && { direction }) };
          expect(scoreOf(value, { expected }, options).anomalous).toBe(wanted);
        },
      ),
    );
  });

  it("leaves what is no alarm as it is", () => {
    const verdict = { score: 0.2, anomalous: false, warmingUp: false, expected: 3 };
    const quiet = { ...says({}), observe: () => verdict };
    expect(filtered(quiet, { direction: "up" }).observe(1, 1)).toEqual(verdict);
  });

  it("hands what was learned to its detector, and nothing that was tampered with", () => {
    const learned = filtered(zScore(), { direction: "up" });
    for (let at = 0; at < 1000; at++) learned.observe(10 + Math.sin(at), at * 1000);
    const state = JSON.parse(JSON.stringify(learned.save()));
    const after = filtered(zScore(), { direction: "up" });
    after.restore(state);
    expect(after.observe(30, 1e6)).toEqual(learned.observe(30, 1e6));
    after.restore({ ...state, check: 1 });
    expect(after.observe(30, 1e6).warmingUp).toBe(true);
  });

  it("lists every fault of its arguments", () => {
    const wrong = { direction: "sideways", minimumChange: -1, least: 5 } as never;
    expect(() => filtered({} as never, wrong)).toThrow(
      /no detector[\s\S]*least is not an option[\s\S]*direction is "sideways"[\s\S]*minimumChange is -1/,
    );
    expect(() => filtered(threshold({ above: 1 }), 5 as never)).toThrow(/options is 5/);
  });
});
