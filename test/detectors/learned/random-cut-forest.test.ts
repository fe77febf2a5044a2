import { describe, expect, it } from "vitest";
import { randomCutForest, zScore } from "../../../src/detectors/index.js";
import { alarms, Draw, Stream, values } from "../series.js";

describe("randomCutForest", () => {
  // Up and down in turns: each value is usual, and which one comes next is known.
  const alternating = (draw: Draw) => (at: number) =>
    100 + (at % 2 === 0 ? 10 : -10) + draw.normal();

  it("sees a sequence that is odd, of values that are not", () => {
    const found = [randomCutForest(), zScore()].map((detector) => {
      const valueAt = alternating(new Draw(1));
      const stream = new Stream(detector);
      stream.show(values(2000, valueAt));
      // One beat is left out: two high values in a row.
      return stream.show(values(10, (at) => valueAt(at === 3 ? 2 : at)));
    });
    expect(found[0]?.[3]?.score).toBeGreaterThan(0.5);
    expect(found[0]?.[3]?.reason).toMatch(
      /^the last values, .*, displace what was seen before \d+(\.\d+)? times as much as values usually do$/,
    );
    expect(alarms(found[1] ?? [])).toEqual([]);
  });

  it("is quiet on what repeats itself, noise and all", () => {
    const draw = new Draw(2);
    const stream = new Stream(randomCutForest());
    stream.show(values(2000, alternating(draw)));
    expect(alarms(stream.show(values(5000, alternating(draw)))).length).toBeLessThan(10);
  });

  it("draws otherwise with another seed", () => {
    const scores = [1, 1, 2].map((seed) => {
      const draw = new Draw(3);
      return new Stream(randomCutForest({ seed })).show(values(500, () => draw.normal()));
    });
    expect(scores[1]).toEqual(scores[0]);
    expect(scores[2]).not.toEqual(scores[0]);
  });
});
