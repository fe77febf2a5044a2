import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Timeline } from "../../../src/detectors/method/timeline.js";

describe("a timeline", () => {
  it("advances with times that rise, and with no others", () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 }), { maxLength: 50 }), (times) => {
        const timeline = new Timeline();
        let last = -1;
        for (const time of times) {
          expect(timeline.advances(time)).toBe(time > last);
          last = Math.max(last, time);
        }
      }),
    );
  });

  it("takes nothing for a time that no Date could be", () => {
    const timeline = new Timeline();
    for (const odd of [Number.NaN, Number.POSITIVE_INFINITY, 1e300, -1e300, "5", null, undefined]) {
      expect(timeline.advances(odd as number)).toBe(false);
    }
    expect(timeline.advances(5)).toBe(true);
  });

  it("follows a clock that was set back for good, after sixty observations", () => {
    const timeline = new Timeline();
    timeline.advances(1_000_000);
    const advanced = Array.from({ length: 100 }, (_, i) => timeline.advances(1000 + i));
    expect(advanced.indexOf(true)).toBe(60);
    expect(advanced.slice(60).every(Boolean)).toBe(true);
  });

  it("does not follow times that only repeat", () => {
    const timeline = new Timeline();
    timeline.advances(1_000_000);
    for (let i = 0; i < 1000; i++) expect(timeline.advances(999_000)).toBe(false);
  });
});
