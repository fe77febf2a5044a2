import { describe, expect, it } from "vitest";
import { memory } from "../../src/exporters/memory.js";
import type { AuspexOptions, HistogramPoint, MetricBatch, NumberPoint } from "../../src/index.js";
import { manualMonitor } from "../helpers/monitor.js";

const IDLE_MS = 3_900_000;

function monitored(options: AuspexOptions = {}) {
  const delta = memory({ temporality: "delta" });
  const cumulative = Object.assign(memory(), { name: "cumulative" });
  const views = [{ instrument: "*", attributes: ["operation.name"] }];
  const merged = Object.assign(memory({ temporality: "delta" }), { name: "merged" });
  const mergedTotals = Object.assign(memory(), { name: "merged totals" });
  const made = manualMonitor({
    idleSeriesMs: IDLE_MS,
    exportIntervalMs: 86_400_000,
    exporters: [delta, cumulative, { exporter: merged, views }, { exporter: mergedTotals, views }],
    ...options,
  });
  return { ...made, delta, cumulative, merged, mergedTotals };
}

const valuesIn = (batch: MetricBatch, name: string): number => {
  const points = batch.metrics.find((metric) => metric.name === name)?.points ?? [];
  return points.reduce((sum, point) => {
    return sum + ((point as HistogramPoint).histogram?.count ?? (point as NumberPoint).value);
  }, 0);
};
const sumOf = (batches: readonly MetricBatch[], name: string) => {
  return batches.reduce((sum, batch) => sum + valuesIn(batch, name), 0);
};

describe("a series that expired and came back", () => {
  it("sends each value once to a delta exporter, under a handle that was kept", async () => {
    const { auspex, clock, delta, cumulative } = monitored();
    const kept = auspex.counter("jobs").bind();
    kept.add(1000);
    await auspex.forceFlush();
    for (let i = 0; i < 4; i++) clock.advance(IDLE_MS / 2);
    await auspex.forceFlush();
    kept.add(1);
    await auspex.forceFlush();
    expect(sumOf(delta.batches, "jobs")).toBe(1001);
    const starts = cumulative.batches.map(({ metrics }) => {
      return metrics.find(({ name }) => name === "jobs")?.points[0]?.startTimeMs;
    });
    expect(starts[0]).toBeUndefined();
    expect(starts.at(-1)).toBeGreaterThan(cumulative.batches[0].from + IDLE_MS);
    expect(valuesIn(cumulative.batches.at(-1) as MetricBatch, "jobs")).toBe(1);
  });
});

describe("series that a view merges", () => {
  it("give true totals and differences while some of them expire and return", async () => {
    const { auspex, clock, merged, mergedTotals } = monitored();
    const work = auspex.operation("work");
    const counter = auspex.counter("jobs");
    let recorded = 0;
    const totals: number[] = [];
    for (let round = 0; round < 12; round++) {
      for (let i = 0; i < 10; i++) work.record(i);
      recorded += 10;
      counter.add(10, { kind: "common" });
      if (round % 5 === 0) {
        // A rare error, whose series expires until it comes again.
        for (let i = 0; i < 90; i++) work.record(i, new TypeError("rare"));
        recorded += 90;
        counter.add(90, { kind: "rare" });
      }
      await auspex.forceFlush();
      const batch = mergedTotals.batches.at(-1) as MetricBatch;
      totals.push(valuesIn(batch, "auspex.operation.duration"));
      expect(valuesIn(batch, "auspex.operation.duration")).toBe(recorded);
      expect(valuesIn(batch, "jobs")).toBe(recorded);
      clock.advance(1_500_000);
    }
    expect(totals).toEqual(totals.toSorted((a, b) => a - b));
    expect(sumOf(merged.batches, "auspex.operation.duration")).toBe(recorded);
    expect(sumOf(merged.batches, "jobs")).toBe(recorded);
  });

  it("begin anew when all of them have expired", async () => {
    const { auspex, clock, merged, mergedTotals } = monitored();
    const counter = auspex.counter("jobs");
    counter.add(5, { kind: "a" });
    await auspex.forceFlush();
    for (let i = 0; i < 4; i++) clock.advance(IDLE_MS / 2);
    await auspex.forceFlush();
    counter.add(2, { kind: "b" });
    await auspex.forceFlush();
    expect(sumOf(merged.batches, "jobs")).toBe(7);
    expect(valuesIn(mergedTotals.batches.at(-1) as MetricBatch, "jobs")).toBe(2);
  });
});

describe("names", () => {
  it("that belong to the library or to operations are not given to a second instrument", async () => {
    const { auspex, cumulative } = monitored({ selfMetrics: true });
    auspex.operation("work").record(1);
    auspex.counter("auspex.records").add(1);
    auspex.counter("auspex.operation.active").add(1);
    auspex.histogram("auspex.operation.duration", { unit: "s" }).record(2);
    await auspex.forceFlush();
    const { metrics } = cumulative.batches[0];
    const names = metrics.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect(names).toContain("auspex.records.counter");
    expect(names).toContain("auspex.operation.active.counter");
    const [{ histogram }] = metrics
      .filter(({ name }) => name === "auspex.operation.duration.histogram")
      .flatMap(({ points }) => points as readonly HistogramPoint[]);
    expect(histogram.max).toBeGreaterThanOrEqual(2);
    expect(histogram.max).toBeLessThan(2.1);
    expect(valuesIn(cumulative.batches[0], "auspex.operation.duration")).toBe(1);
  });

  it("are not doubled by an exporter's views", async () => {
    const exporter = memory({ temporality: "delta" });
    const { auspex } = manualMonitor({
      exporters: [
        {
          exporter,
          views: [
            { instrument: "a", name: "x" },
            { instrument: "b", name: "x" },
          ],
        },
      ],
    });
    auspex.counter("a").add(100);
    auspex.counter("b").add(1);
    await auspex.forceFlush();
    auspex.counter("a").add(1);
    auspex.counter("b").add(1);
    await auspex.forceFlush();
    const all = exporter.batches.flatMap(({ metrics }) => metrics.map(({ name }) => name));
    expect(all.filter((name) => name === "x")).toHaveLength(2);
    expect(all.filter((name) => name === "b")).toHaveLength(2);
    expect(sumOf(exporter.batches, "x") + sumOf(exporter.batches, "b")).toBe(103);
  });

  it("of the library's own metrics are viewed as all others", async () => {
    const { auspex, cumulative } = monitored({
      selfMetrics: true,
      views: [{ instrument: "auspex.*", drop: true }],
    });
    await auspex.forceFlush();
    const own = cumulative.batches[0].metrics.filter(({ name }) => name.startsWith("auspex."));
    expect(own).toEqual([]);
  });
});

describe("what was recorded", () => {
  it("counts as clamped once, whichever series it is forwarded to", () => {
    const { auspex } = manualMonitor({ cardinalityLimit: 1 });
    const histogram = auspex.histogram("h", { unit: "s" });
    histogram.record(1, { a: 1 });
    const turnedAway = histogram.bind({ a: 2 });
    turnedAway.record(1e9);
    expect(auspex.snapshot("total").self.clamped).toBe(1);
    expect(auspex.snapshot("total").self.records).toBe(2);
  });

  it("is not unflushed where a view drops it", async () => {
    const exporter = memory();
    const { auspex } = manualMonitor({
      exporters: [exporter],
      views: [{ instrument: "hidden", drop: true }],
    });
    for (let i = 0; i < 1000; i++) auspex.histogram("hidden", { unit: "s" }).record(1);
    auspex.operation("work").record(1);
    await auspex.forceFlush();
    exporter.failWith = { status: "failure", error: new Error("no") };
    expect((await auspex.forceFlush()).unflushed).toBe(0);
  });
});

describe("a gauge", () => {
  it("has a mean by time, however long an interval was", () => {
    const { auspex, clock } = manualMonitor();
    const gauge = auspex.gauge("depth").bind();
    gauge.set(0);
    clock.advance(10_000);
    gauge.set(1);
    clock.block(40_000);
    clock.advance(1);
    const [{ mean }] = auspex.snapshot("1m").gauges;
    expect(mean).toBeCloseTo(0.8, 1);
  });
});
