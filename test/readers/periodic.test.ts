import { describe, expect, it } from "vitest";
import { memory } from "../../src/exporters/memory.js";
import type {
  ExportResult,
  HistogramMetric,
  MetricBatch,
  MetricExporter,
  NumberPoint,
} from "../../src/index.js";
import { manualMonitor } from "../helpers/monitor.js";

function countIn(batch: MetricBatch, name = "auspex.operation.duration"): number {
  const metric = batch.metrics.find((each) => each.name === name) as HistogramMetric | undefined;
  return (metric?.points ?? []).reduce((sum, { histogram }) => sum + histogram.count, 0);
}

async function settled(): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
}

/** An exporter whose answers the test gives. */
function controlled() {
  const calls: {
    batch: MetricBatch;
    signal: AbortSignal;
    answer: (result: ExportResult) => void;
  }[] = [];
  const exporter: MetricExporter = {
    name: "controlled",
    export: (batch, signal) =>
      new Promise((answer) => {
        calls.push({ batch, signal, answer });
      }),
  };
  return { exporter, calls };
}

describe("a periodic export", () => {
  it("carries everything since the start, the open interval included", async () => {
    const exporter = memory();
    const { auspex, clock } = manualMonitor({
      exporters: [{ exporter, intervalMs: 10_000 }],
    });
    const operation = auspex.operation("work");
    for (let second = 0; second < 60; second++) {
      operation.record(second);
      clock.advance(1000);
      await settled();
    }
    expect(exporter.batches.length).toBeGreaterThanOrEqual(5);
    expect(exporter.batches.length).toBeLessThanOrEqual(6);
    operation.record(1);
    expect(await auspex.forceFlush()).toMatchObject({ ok: true, unflushed: 0 });
    const last = exporter.batches.at(-1) as MetricBatch;
    expect(countIn(last)).toBe(61);
    expect(last.temporality).toBe("cumulative");
    expect(last.from).toBe(last.incarnation.startTimeMs);
  });

  it("runs one at a time and counts the intervals it had to skip", async () => {
    const { exporter, calls } = controlled();
    const { clock } = manualMonitor({
      exporters: [{ exporter, intervalMs: 1000, timeoutMs: 1000 }],
    });
    clock.advance(1000);
    await settled();
    expect(calls).toHaveLength(1);
    clock.advance(900);
    await settled();
    expect(calls).toHaveLength(1);
    calls[0].answer({ status: "success" });
    await settled();
    clock.advance(1000);
    await settled();
    expect(calls).toHaveLength(2);
  });

  it("is not made when the SDK is disabled, not even by a flush", async () => {
    process.env.OTEL_SDK_DISABLED = "true";
    try {
      const exporter = memory();
      const { auspex } = manualMonitor({ exporters: [exporter] });
      auspex.operation("work").record(1);
      expect(await auspex.forceFlush()).toMatchObject({ ok: true });
      await auspex.shutdown();
      expect(exporter.batches).toEqual([]);
    } finally {
      delete process.env.OTEL_SDK_DISABLED;
    }
  });

  it("gives up after its timeout, tells the exporter, and tries again the next time", async () => {
    const { exporter, calls } = controlled();
    const { auspex, clock } = manualMonitor({
      exporters: [{ exporter, intervalMs: 1000, timeoutMs: 500 }],
    });
    auspex.operation("work").record(1);
    clock.advance(1000);
    await settled();
    expect(calls[0].signal.aborted).toBe(false);
    clock.advance(600);
    await settled();
    expect(calls[0].signal.aborted).toBe(true);
    clock.advance(1000);
    await settled();
    expect(countIn(calls[1].batch)).toBe(1);
  });

  it("survives an exporter that throws, rejects or answers nonsense", async () => {
    const bad = [
      () => {
        throw new Error("sync");
      },
      () => Promise.reject(new Error("async")),
      () => Promise.resolve(undefined),
      () => undefined,
    ];
    for (const answer of bad) {
      const { auspex } = manualMonitor({ exporters: [{ name: "bad", export: answer as never }] });
      auspex.operation("work").record(1);
      const result = await auspex.forceFlush();
      expect(result).toMatchObject({ ok: false, unflushed: 1 });
      expect(result.exporters[0]).toMatchObject({ exporter: "bad", status: "failed" });
    }
  });
});

describe("a delta exporter", () => {
  it("gets each value exactly once, whatever fails in between", async () => {
    const exporter = memory({ temporality: "delta" });
    const { auspex, clock } = manualMonitor({ exporters: [exporter] });
    const operation = auspex.operation("work");
    const counter = auspex.counter("jobs").bind();
    let recorded = 0;
    for (let round = 0; round < 30; round++) {
      for (let i = 0; i <= round; i++) {
        operation.record(i);
        counter.add();
        recorded++;
      }
      if (round % 3 === 1) clock.advance(7000);
      exporter.failWith =
        round % 4 === 2 ? { status: "failure", error: new Error("400") } : undefined;
      await auspex.forceFlush();
    }
    exporter.failWith = undefined;
    await auspex.forceFlush();
    expect(exporter.batches.reduce((sum, batch) => sum + countIn(batch), 0)).toBe(recorded);
    const jobs = exporter.batches.flatMap(({ metrics }) => {
      return metrics
        .filter(({ name }) => name === "jobs")
        .flatMap(({ points }) => points as readonly NumberPoint[]);
    });
    expect(jobs.reduce((sum, point) => sum + point.value, 0)).toBe(recorded);
    const spans = exporter.batches.map(({ from, to }) => [from, to]);
    for (let i = 1; i < spans.length; i++) expect(spans[i][0]).toBe(spans[i - 1][1]);
  });
});

describe("exporters side by side", () => {
  it("keep their own pace, whatever becomes of the others", async () => {
    const { exporter: hanging } = controlled();
    const throwing: MetricExporter = {
      name: "throwing",
      export: () => {
        throw new Error("dead");
      },
    };
    const fast = memory();
    const slow = { ...memory({ temporality: "delta" }), name: "slow" };
    let slowExports = 0;
    const { auspex, clock } = manualMonitor({
      exporters: [
        { exporter: hanging, intervalMs: 1000 },
        { exporter: throwing, intervalMs: 1000 },
        { exporter: fast, intervalMs: 1000 },
        {
          exporter: {
            ...slow,
            export: async () => {
              slowExports++;
              return { status: "success" };
            },
          },
          intervalMs: 5000,
        },
      ],
    });
    const operation = auspex.operation("work");
    for (let second = 0; second < 30; second++) {
      operation.record(1);
      clock.advance(1000);
      await settled();
    }
    expect(fast.batches).toHaveLength(30);
    expect(slowExports).toBeGreaterThanOrEqual(5);
    expect(slowExports).toBeLessThanOrEqual(6);
    const { exports } = auspex.snapshot().self;
    expect(exports.memory).toMatchObject({ exported: 30, failed: 0, skipped: 0 });
    expect(exports.throwing).toMatchObject({ exported: 0, failed: 30 });
    expect(exports.controlled?.exported).toBe(0);
  });
});

describe("flushes that come together", () => {
  it("run one after the other, and give a delta exporter each value once", async () => {
    const exporter = memory({ temporality: "delta" });
    let live = 0;
    let most = 0;
    const counting: MetricExporter = {
      name: "counting",
      temporality: () => "delta",
      export: async (batch) => {
        most = Math.max(most, ++live);
        await settled();
        live--;
        return exporter.export(batch);
      },
    };
    const { auspex } = manualMonitor({ exporters: [counting] });
    for (let i = 0; i < 5; i++) auspex.operation("work").record(i);
    const flushes = [auspex.forceFlush(), auspex.forceFlush(), auspex.shutdown()];
    auspex.operation("work").record(1);
    await Promise.all(flushes);
    await auspex.forceFlush();
    expect(most).toBe(1);
    expect(exporter.batches.reduce((sum, batch) => sum + countIn(batch), 0)).toBe(6);
    expect(exporter.batches).toHaveLength(3);
    expect(auspex.snapshot().self.exports).toEqual({
      counting: { exported: 3, failed: 0, skipped: 0, rejected: 0 },
    });
  });
});

describe("shutdown", () => {
  it("exports the last partial interval once, and answers the same to every caller", async () => {
    const exporter = memory();
    const { auspex, clock } = manualMonitor({ exporters: [exporter] });
    auspex.operation("work").record(1);
    const first = auspex.shutdown();
    expect(auspex.shutdown()).toBe(first);
    expect(await first).toMatchObject({ ok: true, unflushed: 0 });
    expect(exporter.batches).toHaveLength(1);
    expect(clock.pending).toBe(0);
    auspex.operation("work").record(1);
    expect(auspex.snapshot("total").operations[0].traffic.count).toBe(2);
  });

  it("calls off at its deadline what was under way before it, and sends nothing afterwards", async () => {
    const { exporter, calls } = controlled();
    const order: string[] = [];
    const closing: MetricExporter = {
      ...exporter,
      shutdown: async () => {
        order.push(calls[0]?.signal.aborted === true ? "aborted, then shut down" : "shut down");
      },
    };
    const { auspex, clock } = manualMonitor({
      exporters: [{ exporter: closing, intervalMs: 60_000, timeoutMs: 60_000 }],
    });
    clock.advance(60_000);
    await settled();
    const queued = auspex.forceFlush({ timeoutMs: 50_000 });
    const done = auspex.shutdown({ timeoutMs: 300 });
    clock.advance(300);
    await settled();
    clock.advance(300);
    expect(await done).toMatchObject({ ok: false, exporters: [{ status: "timeout" }] });
    await settled();
    expect(await queued).toMatchObject({ ok: false });
    expect([calls.length, clock.pending]).toEqual([1, 0]);
    expect(order).toEqual(["aborted, then shut down"]);
    expect(await auspex.forceFlush()).toMatchObject({ ok: false });
  });

  it("keeps its deadline and names who failed or was late", async () => {
    const { exporter: hanging } = controlled();
    const failing: MetricExporter = {
      name: "failing",
      export: async () => ({ status: "failure", error: new Error("ECONNREFUSED") }),
      shutdown: async () => {
        throw new Error("close");
      },
    };
    const messages: string[] = [];
    const { auspex, clock } = manualMonitor({
      exporters: [hanging, failing, memory()],
      logger: { warn: (message) => messages.push(message), debug: () => {} },
    });
    for (let i = 0; i < 7; i++) auspex.operation("work").record(i);
    const done = auspex.shutdown({ timeoutMs: 300 });
    for (let i = 0; i < 4; i++) {
      await settled();
      clock.advance(300);
    }
    const result = await done;
    expect(result.ok).toBe(false);
    expect(result.exporters.map(({ exporter, status }) => [exporter, status])).toEqual([
      ["controlled", "timeout"],
      ["failing", "failed"],
      ["memory", "ok"],
    ]);
    expect(result.unflushed).toBe(7);
    expect(messages.some((message) => message.includes("7 values not exported"))).toBe(true);
  });
});
