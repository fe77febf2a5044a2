import { describe, expect, it } from "vitest";
import { memory } from "../../src/exporters/memory.js";
import type { HistogramPoint, MetricBatch, NumberPoint } from "../../src/index.js";
import { manualMonitor, monitor } from "../helpers/monitor.js";

const metric = (batch: MetricBatch, name: string) => {
  const found = batch.metrics.filter((each) => each.name === name);
  expect(found.map((each) => each.name)).toEqual([name]);
  return found[0];
};

const numberOf = (batch: MetricBatch, name: string, attributes: object = {}) => {
  const points = metric(batch, name).points as readonly NumberPoint[];
  return points.find((point) => {
    return Object.entries(attributes).every(([key, value]) => point.attributes[key] === value);
  })?.value;
};

describe("the library's own metrics", () => {
  it("say what became of every value", async () => {
    const exporter = memory();
    const { auspex } = manualMonitor({
      selfMetrics: true,
      cardinalityLimit: 3,
      exporters: [exporter],
    });
    const work = auspex.operation("work");
    for (const value of [1, Number.NaN, -1, Number.POSITIVE_INFINITY, 1e12]) work.record(value);
    work.end(0);
    for (let i = 0; i < 5; i++) auspex.counter("c").bind({ i });
    auspex.counter("d").bind({ long: "x".repeat(1000), odd: {} as never });
    auspex.gauge("g").observe(() => {
      throw new Error("no");
    });
    await auspex.forceFlush();
    const [batch] = exporter.batches;
    expect(numberOf(batch, "auspex.records")).toBe(3);
    const reason = (reason: string) => ({ "auspex.drop.reason": reason });
    expect(numberOf(batch, "auspex.dropped", reason("not_a_number"))).toBe(1);
    expect(numberOf(batch, "auspex.dropped", reason("negative"))).toBe(1);
    expect(numberOf(batch, "auspex.dropped", reason("infinite"))).toBe(1);
    expect(numberOf(batch, "auspex.clamped")).toBe(1);
    expect(numberOf(batch, "auspex.overflowed")).toBe(2);
    expect(numberOf(batch, "auspex.misuse")).toBe(1);
    expect(numberOf(batch, "auspex.attributes.cut", { "auspex.cut": "truncated" })).toBe(1);
    expect(numberOf(batch, "auspex.attributes.cut", { "auspex.cut": "dropped" })).toBe(1);
    expect(numberOf(batch, "auspex.callback.errors")).toBe(1);
  });

  it("show what an exporter counts itself, and survive what it makes of it", async () => {
    const exporter = memory();
    let tally: () => unknown = () => ({ folded: 2, odd: Number.NaN, text: "x", less: -1 });
    Object.defineProperty(exporter, "tally", { get: () => tally() });
    const { auspex } = manualMonitor({ selfMetrics: true, exporters: [exporter] });
    await auspex.forceFlush();
    const { points } = metric(exporter.batches[0], "auspex.exporter.events");
    expect(points).toEqual([
      {
        attributes: {
          "otel.component.name": "memory/0",
          "otel.component.type": "memory",
          "auspex.event": "folded",
        },
        value: 2,
      },
    ]);
    tally = () => {
      throw new Error("no tally");
    };
    expect(await auspex.forceFlush()).toMatchObject({ ok: true });
  });

  it("count exports by exporter and outcome under OpenTelemetry's names", async () => {
    const exporter = memory();
    const { auspex, clock } = manualMonitor({
      selfMetrics: true,
      exporters: [exporter],
    });
    auspex.operation("work").record(1);
    clock.advance(3000);
    await auspex.forceFlush();
    exporter.failWith = { status: "failure", error: new TypeError("no") };
    await auspex.forceFlush();
    exporter.failWith = undefined;
    await auspex.forceFlush();
    const batch = exporter.batches[1];
    const component = { "otel.component.type": "memory", "otel.component.name": "memory/0" };
    const sent = exporter.batches[0].metrics.reduce((sum, { points }) => sum + points.length, 0);
    const exported = "otel.sdk.exporter.metric_data_point.exported";
    const points = metric(batch, exported).points as readonly NumberPoint[];
    expect(points.find((point) => point.attributes["error.type"] === undefined)).toEqual({
      attributes: component,
      value: sent,
    });
    const failed = points.find((point) => point.attributes["error.type"] === "TypeError");
    expect(failed?.value).toBeGreaterThanOrEqual(sent);
    expect(numberOf(batch, "otel.sdk.exporter.metric_data_point.inflight", component)).toBe(0);
    const durations = metric(batch, "otel.sdk.exporter.operation.duration");
    expect((durations.points as readonly HistogramPoint[]).map((p) => p.histogram.count)).toEqual([
      1, 1,
    ]);
    const closing = metric(batch, "auspex.interval.close.duration").points[0] as HistogramPoint;
    expect(closing.histogram.count).toBe(3);
  });

  it("are left out where they are not wanted, and are no series of the user's", async () => {
    const exporter = memory();
    const { auspex } = manualMonitor({ selfMetrics: false, exporters: [exporter] });
    await auspex.forceFlush();
    await auspex.forceFlush();
    expect(exporter.batches[1].metrics.flatMap(({ points }): unknown[] => [...points])).toEqual([]);
    const { histograms, counters, self } = auspex.snapshot("total");
    expect([...histograms, ...counters, self.series]).toEqual([0]);
  });
});

describe("the wall clock", () => {
  it("may be set: it is counted, and rates and windows go on by the monotonic one", () => {
    const { auspex, clock } = manualMonitor();
    for (let second = 0; second < 20; second++) {
      auspex.operation("work").record(1);
      if (second === 10) clock.epoch -= 3_600_000;
      clock.advance(1000);
    }
    const { self, operations } = auspex.snapshot("10s");
    expect(self.clockSteps).toBe(1);
    expect(operations[0].traffic.perSecond).toBeCloseTo(1, 5);
    expect(operations[0].traffic.count).toBe(10);
  });
});

describe("over the overhead budget", () => {
  it("intervals grow longer, visibly, and shorten again; totals stay exact", () => {
    const warnings: string[] = [];
    const logger = { warn: (text: string) => void warnings.push(text), debug: () => {} };
    const { auspex, clock } = manualMonitor({ logger });
    let slowMs = 50;
    // A callback that takes its time: timer work that is the library's.
    auspex.saturation("slow", () => {
      clock.block(slowMs);
      clock.cpuMs += slowMs;
      return 0.5;
    });
    const work = auspex.operation("work");
    let recorded = 0;
    const run = (seconds: number) => {
      for (let second = 0; second < seconds; second++) {
        work.record(1);
        recorded++;
        clock.cpuMs += 100;
        clock.advance(1000);
      }
    };
    run(45);
    const { overhead } = auspex.snapshot().self;
    expect(overhead.budget).toBe(0.02);
    expect(overhead.overBudget).toBe(true);
    expect(overhead.intervalMs).toBe(8000);
    expect(overhead.ratio).toBeGreaterThan(0.02);
    expect(warnings.some((text) => text.includes("over the overhead budget of 2 %"))).toBe(true);
    slowMs = 0;
    run(120);
    const after = auspex.snapshot().self.overhead;
    expect(after.intervalMs).toBe(1000);
    expect(after.overBudget).toBe(false);
    expect(auspex.snapshot("total").operations[0].traffic.count).toBe(recorded);
    run(90);
    const { start, end, operations } = auspex.snapshot("1m");
    expect(end - start).toBeLessThanOrEqual(70_000);
    expect(operations[0].traffic.perSecond).toBeCloseTo(1, 1);
  });

  it("is not what waits while other processes have the core", () => {
    const { auspex, clock } = manualMonitor();
    auspex.saturation("late", () => {
      clock.block(50);
      clock.cpuMs += 1;
      return 0.5;
    });
    for (let second = 0; second < 45; second++) {
      clock.cpuMs += 100;
      clock.advance(1000);
    }
    const { overhead } = auspex.snapshot().self;
    expect(overhead.overBudget).toBe(false);
    expect(overhead.intervalMs).toBe(1000);
    expect(overhead.timer).toBeGreaterThan(0.005);
    expect(overhead.timer).toBeLessThan(0.02);
  });

  it("keeps every window true while intervals are long", () => {
    const { auspex, clock } = manualMonitor();
    auspex.saturation("slow", () => {
      clock.block(50);
      clock.cpuMs += 50;
      return 0.5;
    });
    const operations = Array.from({ length: 300 }, (_, i) => auspex.operation(`work ${i}`));
    for (let second = 0; second < 900; second++) {
      for (const operation of operations) operation.record(1);
      clock.cpuMs += 100;
      clock.advance(1000);
    }
    expect(auspex.snapshot().self.overhead.intervalMs).toBe(8000);
    for (const [window, span, tolerance] of [
      ["10s", 10_000, 10_000],
      ["1m", 60_000, 18_000],
      ["5m", 300_000, 70_000],
    ] as const) {
      const snapshot = auspex.snapshot(window);
      expect(snapshot.end - snapshot.start).toBeGreaterThanOrEqual(span);
      expect(snapshot.end - snapshot.start).toBeLessThanOrEqual(span + tolerance);
      const seconds = (snapshot.end - snapshot.start) / 1000;
      expect(snapshot.operations[7].traffic.count).toBeGreaterThan(seconds * 0.9);
      expect(snapshot.operations[7].traffic.count).toBeLessThan(seconds * 1.1 + 1);
    }
    expect(auspex.snapshot("total").operations[7].traffic.count).toBe(900);
  });

  it("measures itself on the system's clock", async () => {
    const auspex = monitor({ intervalMs: 50 });
    auspex.operation("work").record(1);
    await expect.poll(() => auspex.snapshot().self.overhead.timer).toBeGreaterThan(0);
    const { overhead } = auspex.snapshot().self;
    expect(overhead.ratio).toBe(overhead.timer + overhead.recording);
    expect(overhead.intervalMs).toBe(50);
  });
});
