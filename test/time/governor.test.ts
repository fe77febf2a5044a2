import { describe, expect, it } from "vitest";
import { Governor } from "../../src/time/governor.js";

const NOTHING = { timerMs: 0, recordingMs: 0, processMs: 0, elapsedMs: 0 };

/** A governor with a budget of 2 %, and steps of 10 s that add to what was spent. */
function governed(maxFactor = 8) {
  const governor = new Governor(0.02, maxFactor, NOTHING);
  const spent = { ...NOTHING };
  const step = (timerMs: number, recordingMs: number, processMs: number, elapsedMs = 10_000) => {
    spent.timerMs += timerMs;
    spent.recordingMs += recordingMs;
    spent.processMs += processMs;
    spent.elapsedMs += elapsedMs;
    governor.update({ ...spent });
    return governor.factor;
  };
  return { governor, step };
}

describe("the overhead budget", () => {
  it("makes intervals twice as long at each step over it, up to its limit", () => {
    const { governor, step } = governed();
    expect([1, 2, 3, 4, 5].map(() => step(300, 0, 5000))).toEqual([2, 4, 8, 8, 8]);
    expect(governor.isOver).toBe(true);
  });

  it("gives way again one step at a time, after three calm steps each", () => {
    const { governor, step } = governed();
    step(300, 0, 5000);
    step(300, 0, 5000);
    const factors = Array.from({ length: 7 }, () => step(10, 0, 5000));
    expect(factors).toEqual([4, 4, 2, 2, 2, 1, 1]);
    expect(governor.isOver).toBe(false);
  });

  it("does not go back while twice the work would be over it again", () => {
    const { step } = governed();
    step(300, 0, 5000);
    expect([1, 2, 3, 4, 5].map(() => step(60, 0, 5000))).toEqual([2, 2, 2, 2, 2]);
  });

  it("lets the library be the busiest thing in an idle process", () => {
    const { governor, step } = governed();
    expect(step(40, 0, 50)).toBe(1);
    expect(governor.isOver).toBe(false);
  });

  it("says that it is over, and changes nothing, where recording is what costs", () => {
    const { governor, step } = governed();
    expect(step(20, 400, 5000)).toBe(1);
    expect(governor.isOver).toBe(true);
  });

  it("can be switched off", () => {
    const governor = new Governor(Number.POSITIVE_INFINITY, 8, NOTHING);
    governor.update({ timerMs: 9000, recordingMs: 0, processMs: 9000, elapsedMs: 10_000 });
    expect(governor.factor).toBe(1);
  });
});
