import { describe, expect, it } from "vitest";
import { memory } from "../../src/exporters/memory.js";
import type { HistogramMetric } from "../../src/index.js";
import { manualMonitor } from "../helpers/monitor.js";

describe("a series that nobody used since the last export", () => {
  it("is the same histogram again, and a new one with the next value, at whatever moment", async () => {
    const exporter = memory();
    const { auspex, clock } = manualMonitor({ exporters: [exporter] });
    const bound = auspex.histogram("sizes", { unit: "By" }).bind({});
    const exported = async () => {
      await auspex.forceFlush();
      const metrics = exporter.batches.at(-1)?.metrics ?? [];
      return (metrics.find(({ name }) => name === "sizes") as HistogramMetric).points[0]?.histogram;
    };
    bound.record(5);
    // Open values are in it, and may become more without a closing.
    const open = await exported();
    bound.record(6);
    expect((await exported())?.count).toBe(2);
    expect(open?.count).toBe(1);
    clock.advance(1000);
    const closed = await exported();
    expect(closed?.count).toBe(2);
    clock.advance(5000);
    expect(await exported()).toBe(closed);
    bound.record(7);
    expect((await exported())?.count).toBe(3);
    clock.advance(600_000);
    expect((await exported())?.count).toBe(3);
  });

  it("adds nothing to a delta", async () => {
    const exporter = memory({ temporality: "delta" });
    const { auspex, clock } = manualMonitor({ exporters: [exporter] });
    const bound = auspex.histogram("sizes").bind({});
    const points = async () => {
      await auspex.forceFlush();
      return exporter.batches.at(-1)?.metrics.find(({ name }) => name === "sizes")?.points;
    };
    bound.record(5);
    clock.advance(1000);
    expect(await points()).toHaveLength(1);
    expect(await points()).toEqual([]);
    bound.record(5);
    expect(await points()).toMatchObject([{ histogram: { count: 1 } }]);
  });

  it("begins anew when it has expired", async () => {
    const exporter = memory();
    const { auspex, clock } = manualMonitor({ exporters: [exporter], idleSeriesMs: 3_900_000 });
    const bound = auspex.histogram("sizes").bind({});
    bound.record(5);
    clock.advance(1000);
    await auspex.forceFlush();
    clock.advance(3 * 3_900_000);
    bound.record(9);
    await auspex.forceFlush();
    const metric = exporter.batches.at(-1)?.metrics.find(({ name }) => name === "sizes");
    expect((metric as HistogramMetric).points[0]?.histogram.count).toBe(1);
  });
});
