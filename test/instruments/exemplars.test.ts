import { AsyncLocalStorage } from "node:async_hooks";
import {
  type Context,
  type ContextManager,
  context,
  ROOT_CONTEXT,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { afterEach, describe, expect, it } from "vitest";
import { memory } from "../../src/exporters/memory.js";
import type { HistogramPoint } from "../../src/index.js";
import { manualMonitor, operationNamed } from "../helpers/monitor.js";

const ids = (n: number) => ({
  traceId: n.toString(16).padStart(32, "0"),
  spanId: n.toString(16).padStart(16, "0"),
});

class Contexts implements ContextManager {
  readonly #storage = new AsyncLocalStorage<Context>();
  active = () => this.#storage.getStore() ?? ROOT_CONTEXT;
  with: ContextManager["with"] = (active, fn, self, ...args) => {
    return this.#storage.run(active, () => fn.apply(self as never, args));
  };
  bind = <T>(_: Context, target: T) => target;
  enable = () => this;
  disable = () => this;
}

function inSpan<T>(n: number, work: () => T, traceFlags = TraceFlags.SAMPLED): T {
  const span = trace.wrapSpanContext({ ...ids(n), traceFlags });
  return context.with(trace.setSpan(ROOT_CONTEXT, span), work);
}

afterEach(() => context.disable());

describe("exemplars", () => {
  it("carry the trace of OpenTelemetry's active span, wherever that was set up", async () => {
    const exporter = memory();
    const { auspex, clock } = manualMonitor({ exporters: [exporter] });
    const work = auspex.operation("work");
    work.record(1);
    context.setGlobalContextManager(new Contexts());
    clock.advance(1000);
    inSpan(7, () => work.record(25));
    const [exemplar] = operationNamed(auspex, "work").exemplars;
    expect(exemplar).toEqual({ value: 25, timeMs: clock.wall(), ...ids(7), outcome: "ok" });
    await auspex.forceFlush();
    const [point] = exporter.batches[0].metrics[0].points as readonly HistogramPoint[];
    expect(point.exemplars).toEqual([{ value: 0.025, timeMs: clock.wall(), ...ids(7) }]);
  });

  it("are kept of the slow tail, and of every kind of failure", () => {
    context.setGlobalContextManager(new Contexts());
    const { auspex, clock } = manualMonitor();
    const work = auspex.operation("work");
    clock.advance(1000);
    for (let i = 1; i <= 1000; i++) {
      const slow = i === 500 ? 90 : 0;
      inSpan(i, () => work.record((i % 10) + slow));
      if (i % 100 === 0) clock.advance(1000);
    }
    inSpan(5000, () => work.record(0.5, new TypeError("no")));
    const { exemplars } = operationNamed(auspex, "work");
    const ok = exemplars.filter(({ outcome }) => outcome === "ok");
    expect(ok.length).toBeLessThanOrEqual(4);
    expect(ok.every(({ value }) => value >= 4)).toBe(true);
    expect(exemplars.filter(({ outcome }) => outcome === "error")).toEqual([
      { value: 0.5, timeMs: clock.wall(), ...ids(5000), outcome: "error" },
    ]);
  });

  it("show the slowest request of an interval at once", () => {
    context.setGlobalContextManager(new Contexts());
    const { auspex, clock } = manualMonitor();
    const work = auspex.operation("work");
    clock.advance(1000);
    for (let i = 1; i <= 300; i++) inSpan(i, () => work.record(i === 200 ? 95 : i % 10));
    expect(operationNamed(auspex, "work").exemplars.map(({ traceId }) => traceId)).toContain(
      ids(200).traceId,
    );
  });

  it("ask for a trace seldom, however many values there are", () => {
    let asked = 0;
    const { auspex } = manualMonitor({
      exemplars: () => {
        asked++;
        return ids(1);
      },
    });
    const work = auspex.operation("work");
    for (let i = 0; i < 100_000; i++) work.record(Math.random() * 1000);
    expect(asked).toBeGreaterThan(0);
    expect(asked).toBeLessThan(60);
  });

  it("come from an application's own traces, whatever its function does", () => {
    const answers: unknown[] = [ids(3), undefined, null, { traceId: "x", spanId: 5 }, {}, 5];
    const { auspex, clock } = manualMonitor({
      exemplars: () => {
        if (answers.length === 0) throw new Error("no trace");
        return answers.shift() as never;
      },
    });
    for (let i = 0; i < 8; i++) {
      auspex.operation("work").record(i + 1);
      clock.advance(1000);
    }
    expect(operationNamed(auspex, "work").exemplars.map(({ traceId }) => traceId)).toEqual([
      ids(3).traceId,
    ]);
    expect(operationNamed(auspex, "work").traffic.count).toBe(8);
    expect(auspex.snapshot().self.callbackErrors).toBeGreaterThan(0);
  });

  it("leave unsampled traces out, and are none where there is no span or they are off", () => {
    context.setGlobalContextManager(new Contexts());
    const on = manualMonitor();
    const off = manualMonitor({ exemplars: false });
    on.clock.advance(1000);
    for (const { auspex } of [on, off]) {
      inSpan(1, () => auspex.operation("unsampled").record(5), TraceFlags.NONE);
      auspex.operation("outside").record(5);
    }
    inSpan(1, () => off.auspex.operation("off").record(5));
    for (const { auspex } of [on, off]) {
      for (const { exemplars } of auspex.snapshot().operations) expect(exemplars).toEqual([]);
    }
  });

  it("go out of a window with their values", () => {
    const { auspex, clock } = manualMonitor({ exemplars: () => ids(9) });
    auspex.operation("work").record(5);
    clock.advance(120_000);
    expect(operationNamed(auspex, "work", "1m").exemplars).toEqual([]);
    expect(operationNamed(auspex, "work", "5m").exemplars).toHaveLength(1);
  });
});
