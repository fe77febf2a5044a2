import { describe, expect, it } from "vitest";
import { memory } from "../../src/exporters/memory.js";
import { prometheus } from "../../src/exporters/prometheus/index.js";
import type { AuspexOptions, HistogramPoint, MetricBatch, NumberPoint } from "../../src/index.js";
import { manualMonitor } from "../helpers/monitor.js";

async function exported(options: AuspexOptions, record: (auspex: never) => void) {
  const exporter = memory();
  const { auspex } = manualMonitor({ exporters: [exporter], ...options });
  record(auspex as never);
  await auspex.forceFlush();
  return { auspex, batch: exporter.batches[0] };
}

type Monitor = ReturnType<typeof manualMonitor>["auspex"];

function record(auspex: Monitor): void {
  for (const region of ["eu", "us"]) {
    for (const shard of ["1", "2", "3"]) {
      auspex.counter("jobs").add(2, { region, shard });
      auspex.gauge("depth").set(Number(shard), { region, shard });
      auspex.histogram("size", { unit: "By" }).record(100 * Number(shard), { region, shard });
      auspex.operation("work", { region, shard }).record(Number(shard));
    }
  }
  auspex.operation("work", { region: "eu", shard: "1" }).record(5, new TypeError("no"));
}

const numbers = (batch: MetricBatch, name: string) => {
  return batch.metrics.find((each) => each.name === name)?.points as readonly NumberPoint[];
};
const histograms = (batch: MetricBatch, name: string) => {
  return batch.metrics.find((each) => each.name === name)?.points as readonly HistogramPoint[];
};

describe("views of a monitor", () => {
  it("rename, in snapshots and in exports", async () => {
    const views = [{ instrument: "jobs", name: "tasks", description: "What is done." }];
    const { auspex, batch } = await exported({ views }, record);
    expect(auspex.snapshot("total").counters.map(({ name }) => name)).toContain("tasks");
    expect(numbers(batch, "jobs")).toBeUndefined();
    expect(numbers(batch, "tasks")).toHaveLength(6);
    expect(batch.metrics.find(({ name }) => name === "tasks")?.description).toBe("What is done.");
    expect(await auspex.text()).toMatch(/^tasks_total\{/m);
  });

  it("drop, from snapshots and exports", async () => {
    const views = [
      { instrument: "auspex.operation.*", drop: true },
      { instrument: "depth", drop: true },
    ];
    const { auspex, batch } = await exported({ views }, record);
    const snapshot = auspex.snapshot("total");
    expect(snapshot.operations).toEqual([]);
    expect(snapshot.gauges).toEqual([]);
    expect(batch.metrics.map(({ name }) => name).sort()).toEqual(["jobs", "size"]);
  });

  it("keep only some attributes, so that series are fewer from the start", async () => {
    const views = [{ instrument: "*", attributes: ["region", "operation.name"] }];
    const { auspex, batch } = await exported({ views, cardinalityLimit: 4 }, record);
    expect(numbers(batch, "jobs")).toEqual([
      { attributes: { region: "eu" }, value: 6 },
      { attributes: { region: "us" }, value: 6 },
    ]);
    expect(histograms(batch, "size").map(({ histogram }) => histogram.count)).toEqual([3, 3]);
    const snapshot = auspex.snapshot("total");
    expect(snapshot.self.overflowed).toBe(0);
    expect(snapshot.operations.map(({ traffic }) => traffic.count)).toEqual([4, 3]);
    expect(snapshot.operations[0].errors.count).toBe(1);
    // Without error.type what failed is merged with what did not: on the wire, not in the snapshot.
    const wire = histograms(batch, "auspex.operation.duration");
    expect(wire.map(({ histogram }) => histogram.count)).toEqual([4, 3]);
  });

  it("add up, the later before the earlier", async () => {
    const views = [
      { instrument: "*", drop: true },
      { instrument: "jobs", drop: false, attributes: [] },
    ];
    const { batch } = await exported({ views }, record);
    expect(batch.metrics.map(({ name }) => name)).toEqual(["jobs"]);
    expect(numbers(batch, "jobs")).toEqual([{ attributes: {}, value: 12 }]);
  });
});

describe("views of one exporter", () => {
  it("are its own: others and snapshots see everything", async () => {
    const narrow = memory();
    const wide = Object.assign(memory(), { name: "wide" });
    const page = prometheus();
    const { auspex } = manualMonitor({
      exporters: [
        { exporter: narrow, views: [{ instrument: "*", attributes: ["region"] }] },
        wide,
        { exporter: page, views: [{ instrument: "depth", name: "deep" }] },
      ],
    });
    record(auspex);
    await auspex.forceFlush();
    const pooled = histograms(narrow.batches[0], "size");
    expect(pooled.map(({ attributes }) => attributes)).toEqual([
      { region: "eu" },
      { region: "us" },
    ]);
    expect(pooled[0].histogram.count).toBe(3);
    expect(pooled[0].histogram.max).toBeGreaterThanOrEqual(300);
    expect(pooled[0].histogram.min).toBeLessThanOrEqual(100);
    expect(numbers(narrow.batches[0], "jobs")[0].value).toBe(6);
    expect(numbers(narrow.batches[0], "depth")[0].value).toBe(3);
    expect(numbers(wide.batches[0], "jobs")).toHaveLength(6);
    expect(await page.text()).toMatch(/^deep\{/m);
    expect(auspex.snapshot("total").counters).toHaveLength(6);
  });

  it("leave the count of what was not exported right", async () => {
    const exporter = memory();
    const { auspex } = manualMonitor({
      exporters: [{ exporter, views: [{ instrument: "*", drop: true }] }],
    });
    auspex.operation("work").record(1);
    expect((await auspex.forceFlush()).unflushed).toBe(0);
    auspex.operation("work").record(1);
    exporter.failWith = { status: "failure", error: new Error("no") };
    expect((await auspex.forceFlush()).unflushed).toBe(1);
  });
});
