import { describe, expect, it } from "vitest";
import { ewma, zScore } from "../../../src/detectors/index.js";
import { alarms, Draw, Stream, values } from "../series.js";

describe("ewma", () => {
  it("sees a shift of two deviations that no single value gives away", () => {
    const draw = new Draw(1);
    const [chart, single] = [new Stream(ewma({ limit: 4 })), new Stream(zScore({ threshold: 5 }))];
    for (const stream of [chart, single]) {
      const same = new Draw(1);
      stream.show(values(500, () => 100 + same.normal()));
    }
    const shifted = values(20, () => 102 + draw.normal());
    expect(alarms(chart.show(shifted)).length).toBeGreaterThan(5);
    expect(alarms(single.show(shifted))).toEqual([]);
  });

  it("has the limits of the textbook on independent values", () => {
    const draw = new Draw(2);
    const stream = new Stream(ewma({ limit: 3, lambda: 0.2, baseline: 20_000 }));
    stream.show(values(5000, () => draw.normal()));
    const found = alarms(stream.show(values(20_000, () => draw.normal()))).length;
    // One in 560 in the textbook's tables for λ = 0.2, L = 3.
    expect(found).toBeGreaterThan(15);
    expect(found).toBeLessThan(80);
  });

  it("says how far the next value might go, and alarms from there on", () => {
    const draw = new Draw(3);
    const stream = new Stream(ewma({ limit: 4 }));
    stream.show(values(300, () => 50 + draw.normal()));
    const { lower = 0, upper = 0 } = stream.one(50);
    const { score } = new Stream(ewma({ limit: 4 })).one(50);
    expect(score).toBe(0);
    expect(upper).toBeGreaterThan(52);
    expect(lower).toBeLessThan(48);
    expect(stream.one(upper + 5).anomalous).toBe(true);
  });

  it("is quiet on a series that wanders, unless told the limit", () => {
    const draw = new Draw(4);
    let walk = 0;
    const wandering = () => (walk = 0.98 * walk + draw.normal());
    const stream = new Stream(ewma());
    stream.show(values(2000, wandering));
    expect(alarms(stream.show(values(10_000, wandering))).length).toBeLessThan(30);
  });
});
