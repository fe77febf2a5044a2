import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { threshold } from "../../../src/detectors/index.js";
import { Stream } from "../series.js";

describe("threshold", () => {
  it("alarms beyond its limits, from the first value on, and not at them", () => {
    const number = fc.double({ noNaN: true, min: -1e9, max: 1e9 });
    fc.assert(
      fc.property(number, number, number, (a, b, value) => {
        const [below, above] = [Math.min(a, b), Math.max(a, b)];
        const { anomalous, warmingUp } = new Stream(threshold({ above, below })).one(value);
        expect(anomalous).toBe(value > above || value < below);
        expect(warmingUp).toBe(false);
      }),
    );
  });

  it("scores by how far beyond, as a share of the limit", () => {
    const stream = new Stream(threshold({ above: 100 }));
    expect(
      [50, 100, 200, 400, Number.POSITIVE_INFINITY].map((value) => stream.one(value).score),
    ).toEqual([0, 0, 0.75, 0.875, 1]);
    expect(new Stream(threshold({ above: 0 })).one(1e-9).score).toBe(1);
  });

  it("says which limit", () => {
    const stream = new Stream(threshold({ above: 0.9, below: 0.1 }));
    expect(stream.one(0.95)).toMatchObject({
      upper: 0.9,
      reason: "0.95 is above the limit of 0.9",
    });
    expect(stream.one(0)).toMatchObject({ lower: 0.1, reason: "0 is below the limit of 0.1" });
  });

  it("wants a limit, and limits that leave something between them", () => {
    expect(() => threshold({})).toThrow(/neither above nor below is given; give one of them/);
    expect(() => threshold(undefined as never)).toThrow(RangeError);
    expect(() => threshold({ above: 1, below: 2 })).toThrow(/give a below that is not more/);
    expect(() => threshold({ above: "5" as never, over: 3 } as never)).toThrow(
      /2 options to mend|3 options to mend/,
    );
  });
});
