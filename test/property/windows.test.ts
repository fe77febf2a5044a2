import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { WindowName } from "../../src/index.js";
import { manualMonitor, operationNamed } from "../helpers/monitor.js";

const SPANS: Record<WindowName, { span: number; block: number }> = {
  "10s": { span: 10_000, block: 1000 },
  "1m": { span: 60_000, block: 10_000 },
  "5m": { span: 300_000, block: 60_000 },
  "1h": { span: 3_600_000, block: 300_000 },
  total: { span: Number.POSITIVE_INFINITY, block: 0 },
};

/** What a program does: records some values, then lets some time pass. */
const steps = fc.array(
  fc.record({
    values: fc.array(fc.integer({ min: 1, max: 10_000 }), { maxLength: 5 }),
    waitMs: fc.oneof(
      { weight: 4, arbitrary: fc.integer({ min: 1, max: 3000 }) },
      { weight: 2, arbitrary: fc.integer({ min: 5000, max: 90_000 }) },
      { weight: 1, arbitrary: fc.integer({ min: 200_000, max: 900_000 }) },
    ),
    blocked: fc.boolean(),
  }),
  { minLength: 1, maxLength: 25 },
);

const windows = fc.constantFrom<WindowName>("10s", "1m", "5m", "1h", "total");
const intervals = fc.constantFrom(250, 1000, 1000, 1000, 5000, 15_000);

describe("a rolling window against a list of timed values", () => {
  it("holds exactly the values since its start, which lies at most one block beyond its span", () => {
    fc.assert(
      fc.property(steps, windows, intervals, (plan, window, intervalMs) => {
        const { auspex, clock } = manualMonitor({ intervalMs });
        const began = clock.wall();
        const operation = auspex.operation("work");
        const recorded: { at: number; value: number }[] = [];
        const { span, block } = SPANS[window];
        let longestBlockMs = block + intervalMs;
        for (const { values, waitMs, blocked } of plan) {
          for (const value of values) {
            operation.record(value);
            recorded.push({ at: clock.wall(), value });
          }
          if (blocked) {
            clock.block(waitMs);
            longestBlockMs = Math.max(longestBlockMs, waitMs + 2 * intervalMs + block);
          }
          clock.advance(blocked ? 0 : waitMs);

          const snapshot = auspex.snapshot(window);
          expect(snapshot.end).toBe(clock.wall());
          expect(snapshot.start).toBeLessThanOrEqual(Math.max(began, snapshot.end - span));
          expect(snapshot.start).toBeGreaterThanOrEqual(
            Math.max(began, snapshot.end - span - longestBlockMs - 1),
          );
          const inside = recorded
            .filter(({ at }) => at >= snapshot.start)
            .map(({ value }) => value)
            .sort((a, b) => a - b);
          const { latency, traffic } = operationNamed(auspex, "work", window);
          expect(traffic.count).toBe(inside.length);
          if (inside.length === 0) continue;
          for (const p of [50, 95, 99, 100]) {
            const exact = inside[Math.max(1, Math.ceil((p / 100) * inside.length - 1e-9)) - 1];
            expect(latency.percentile(p)).toBeGreaterThanOrEqual(exact);
            expect(latency.percentile(p)).toBeLessThanOrEqual(exact * 1.01);
          }
          const seconds = (snapshot.end - snapshot.start) / 1000;
          if (seconds > 0) expect(traffic.perSecond).toBeCloseTo(inside.length / seconds, 6);
        }
      }),
      { numRuns: 80 },
    );
  });

  it("keeps counters, gauges and totals exact over hours and many series", () => {
    const { auspex, clock } = manualMonitor();
    const counter = auspex.counter("jobs").bind();
    const gauge = auspex.gauge("depth").bind();
    const operations = Array.from({ length: 300 }, (_, i) =>
      auspex.operation("work", { shard: i }),
    );
    for (let second = 0; second < 2 * 3600; second++) {
      counter.add(2);
      gauge.set(second % 100);
      operations[second % 300].record(second % 7);
      clock.advance(1000);
    }
    const total = auspex.snapshot("total");
    const hour = auspex.snapshot("1h");
    expect(total.counters[0].count).toBe(2 * 7200);
    expect(total.operations.reduce((sum, each) => sum + each.traffic.count, 0)).toBe(7200);
    const hourSeconds = (hour.end - hour.start) / 1000;
    expect(hourSeconds).toBeGreaterThanOrEqual(3600);
    expect(hourSeconds).toBeLessThanOrEqual(3900);
    expect(hour.counters[0].count).toBe(2 * hourSeconds);
    expect(hour.operations.reduce((sum, each) => sum + each.traffic.count, 0)).toBe(hourSeconds);
    expect(hour.gauges[0]).toMatchObject({ min: 0, max: 99, value: 99 });
    expect(hour.gauges[0].mean).toBeCloseTo(49.5, 0);
    expect(total.self.records).toBe(7200);
  });
});
