import { describe, expect, it } from "vitest";
import { memory } from "../../src/exporters/memory.js";
import { manualMonitor } from "../helpers/monitor.js";

function exported() {
  const delta = memory({ temporality: "delta" });
  const cumulative = Object.assign(memory(), { name: "cumulative" });
  const { auspex, clock } = manualMonitor({ exporters: [delta, cumulative] });
  const countIn = ({ batches }: ReturnType<typeof memory>): number => {
    const metric = batches.at(-1)?.metrics.find(({ name }) => name === "h");
    if (metric?.kind !== "histogram") return 0;
    let count = 0;
    metric.points[0]?.histogram.forEachSlot((_, times) => {
      count += times;
    });
    return count;
  };
  const counts = () => ({ delta: countIn(delta), cumulative: countIn(cumulative) });
  return { auspex, clock, counts, histogram: auspex.histogram("h", { unit: "1" }) };
}

describe("on a clock that stands still", () => {
  it("every export has what came since the one before, however many there are", async () => {
    const { auspex, counts, histogram } = exported();
    let all = 0;
    for (let round = 1; round <= 40; round++) {
      for (let i = 0; i < round; i++) histogram.record((round % 3) * 20 + 1);
      all += round;
      await auspex.forceFlush();
      expect(counts()).toEqual({ delta: round, cumulative: all });
    }
  });

  it("an interval that closes at the instant of an export loses nothing of what comes between", async () => {
    const { auspex, clock, counts, histogram } = exported();
    let all = 0;
    clock.advance(1500);
    for (let round = 0; round < 5; round++) {
      histogram.record(1);
      clock.block(500);
      await auspex.forceFlush();
      histogram.record(50);
      histogram.record(50);
      clock.advance(0);
      await auspex.forceFlush();
      all += 3;
      expect(counts()).toEqual({ delta: 2, cumulative: all });
      clock.advance(500);
    }
  });
});
