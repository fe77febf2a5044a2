import { describe, expect, it } from "vitest";
import { memory } from "../../src/exporters/memory.js";
import { ManualClock } from "../helpers/manual-clock.js";
import { manualMonitor, operationNamed } from "../helpers/monitor.js";

/** Notes every delay that is asked for. */
class NotingClock extends ManualClock {
  readonly delays: number[] = [];

  override schedule(delayMs: number, callback: () => void): () => void {
    this.delays.push(delayMs);
    return super.schedule(delayMs, callback);
  }
}

describe("rule 7: durations, windows and rates are monotonic", () => {
  it("stay what they are whatever the wall clock does, and timestamps follow it", async () => {
    const exporter = memory({ temporality: "delta" });
    const { auspex, clock } = manualMonitor({ exporters: [exporter], exportIntervalMs: 1000 });
    const work = auspex.operation("work");
    const steps = [3_600_000, -7_200_000, 86_400_000, -86_400_000 * 400, 0];
    for (const step of steps) {
      const started = work.start();
      clock.epoch += step;
      clock.advance(1000);
      work.end(started);
      await auspex.forceFlush();
    }
    const { latency, traffic } = operationNamed(auspex, "work", "1m");
    expect(latency.count).toBe(steps.length);
    expect(latency.p50).toBeCloseTo(1000, -2);
    expect(latency.max).toBeLessThan(1010);
    expect(traffic.perSecond).toBeCloseTo(1, 5);
    expect(auspex.snapshot().self.clockSteps).toBe(4);
    expect(auspex.snapshot().end).toBe(clock.wall());
  });
});

describe("rule 8: one timer", () => {
  it("serves intervals, samples and any number of exporters", async () => {
    const clock = new NotingClock();
    const exporters = Array.from({ length: 5 }, (_, i) => ({
      exporter: Object.assign(memory(), { name: `memory ${i}` }),
      intervalMs: 700 + 13 * i,
    }));
    const { auspex } = manualMonitor({ clock, exporters });
    auspex.saturation("pool", () => 0.5);
    auspex.gauge("depth").observe(() => 3);
    for (let i = 0; i < 200; i++) {
      clock.advance(100);
      await new Promise((done) => setImmediate(done));
      expect(clock.pending).toBe(1);
    }
    for (const { exporter } of exporters) expect(exporter.batches.length).toBeGreaterThan(20);
  });

  it("asks for no longer delay than Node keeps, and skips what a blocked loop missed", async () => {
    const clock = new NotingClock();
    const exporter = memory();
    const { auspex } = manualMonitor({
      clock,
      exporters: [{ exporter, intervalMs: 1000 }],
    });
    const work = auspex.operation("work");
    clock.advance(5000);
    await new Promise((done) => setImmediate(done));
    work.record(1);
    const before = exporter.batches.length;
    clock.block(600_000);
    clock.advance(1);
    await new Promise((done) => setImmediate(done));
    expect(exporter.batches.length - before).toBeLessThanOrEqual(1);
    expect(auspex.snapshot("10s").operations[0].traffic.count).toBe(1);
    expect(auspex.snapshot("total").operations[0].traffic.count).toBe(1);
    expect(Math.max(...clock.delays)).toBeLessThan(2 ** 31);
    for (const delay of clock.delays) expect(Number.isFinite(delay)).toBe(true);
  });
});
