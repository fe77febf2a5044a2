import { describe, expect, it } from "vitest";
import type { Snapshot } from "../../src/index.js";
import { manualMonitor, operationNamed } from "../helpers/monitor.js";

function deeplyFrozen(value: unknown, path = "snapshot"): string[] {
  if (typeof value !== "object" || value === null) return [];
  const here = Object.isFrozen(value) ? [] : [path];
  return [...here, ...Object.entries(value).flatMap(([k, v]) => deeplyFrozen(v, `${path}.${k}`))];
}

describe("a snapshot", () => {
  it("shows the four golden signals of an operation, failures and aborts apart", () => {
    const { auspex, clock } = manualMonitor();
    const charge = auspex.operation("charge card", { "payment.provider": "acme" });
    for (let i = 1; i <= 90; i++) charge.record(i);
    for (let i = 0; i < 8; i++) charge.record(500, new TypeError("x"));
    const declined = Object.assign(new Error("declined"), { code: "CARD_DECLINED" });
    charge.record(400, declined);
    const started = charge.start();
    clock.advance(1000);
    charge.abort(started);
    charge.start();
    clock.advance(9000);
    const seen = operationNamed(auspex, "charge card", "10s");
    expect(seen).toMatchObject({
      attributes: { "payment.provider": "acme" },
      instrument: "auspex.operation.duration",
      traffic: { count: 100, perSecond: 10 },
      errors: { count: 9, ratio: 0.09, byType: { TypeError: 8, CARD_DECLINED: 1 } },
      aborted: { count: 1 },
      inFlight: 1,
    });
    expect(seen.latency.count).toBe(90);
    expect(seen.latency.max).toBeLessThan(91);
    expect(seen.errors.latency.p50).toBeGreaterThanOrEqual(500);
    expect(seen.latency.histogram.countAtOrBelow(45)).toBe(45);
  });

  it("includes a value the moment it is recorded", () => {
    const { auspex } = manualMonitor();
    auspex.operation("work").record(5);
    for (const window of ["10s", "1m", "5m", "1h", "total"] as const) {
      expect(operationNamed(auspex, "work", window).traffic.count).toBe(1);
    }
  });

  it("cannot be changed, does not change, and is plain data as JSON", () => {
    const { auspex, clock } = manualMonitor();
    const operation = auspex.operation("work", { a: 1 });
    operation.record(5);
    operation.record(5, new Error("x"));
    auspex.counter("jobs").add(2);
    auspex.gauge("depth").set(1);
    auspex.histogram("size").record(10);
    auspex.saturation("pool", () => 0.5);
    clock.advance(2000);
    const snapshot = auspex.snapshot("1m");
    const before = JSON.stringify(snapshot);
    expect(deeplyFrozen(snapshot)).toEqual([]);
    operation.record(7);
    clock.advance(5000);
    expect(JSON.stringify(snapshot)).toBe(before);
    const parsed = JSON.parse(before) as Snapshot;
    expect(parsed.operations[0].latency.p50).toBe(snapshot.operations[0].latency.p50);
    expect(parsed.operations[0].latency).not.toHaveProperty("histogram");
    expect(parsed.histograms[0]).not.toHaveProperty("histogram");
    expect(parsed.saturation[0]).toMatchObject({ name: "pool", value: 0.5, saturation: 0.5 });
    expect(before).not.toContain("null");
  });

  it("survives steps of the wall clock: rates and windows go by monotonic time", () => {
    const { auspex, clock } = manualMonitor();
    const operation = auspex.operation("work");
    for (let second = 0; second < 30; second++) {
      operation.record(1);
      if (second === 10) clock.epoch -= 3_600_000;
      if (second === 20) clock.epoch += 7_200_000;
      clock.advance(1000);
    }
    const { traffic } = operationNamed(auspex, "work", "1m");
    expect(traffic.count).toBe(30);
    expect(traffic.perSecond).toBeCloseTo(1, 5);
  });

  it("answers an unknown window with the minute", () => {
    const { auspex } = manualMonitor();
    expect(auspex.snapshot("7d" as never).window).toBe("1m");
    expect(auspex.snapshot().window).toBe("1m");
  });

  it("meters the library itself", () => {
    const { auspex, clock } = manualMonitor();
    for (let i = 0; i < 1000; i++) auspex.operation("work").record(i);
    clock.advance(3000);
    const { self } = auspex.snapshot();
    expect(self.records).toBe(1000);
    expect(self.series).toBe(1);
    expect(self.overhead.recording).toBeGreaterThan(0);
    expect(self.overhead.ratio).toBe(self.overhead.timer + self.overhead.recording);
  });
});

describe("idle series", () => {
  it("expire, and come back under the same handle", () => {
    const { auspex, clock } = manualMonitor({ idleSeriesMs: 3_900_000 });
    const held = auspex.operation("held");
    const counter = auspex.counter("jobs").bind();
    const gauge = auspex.gauge("depth").bind();
    held.record(1);
    counter.add(1);
    gauge.set(1);
    auspex.operation("busy").record(1);
    for (let hour = 0; hour < 5; hour++) {
      clock.advance(3_600_000);
      auspex.operation("busy").record(1);
    }
    const expired = auspex.snapshot("total");
    expect(expired.operations.map(({ name }) => name)).toEqual(["busy"]);
    expect(expired.counters).toEqual([]);
    // A gauge holds what it was set to, however long ago.
    expect(expired.gauges[0].value).toBe(1);
    expect(expired.self.expired.series).toBe(2);
    held.record(2);
    held.record(3);
    counter.add(4);
    gauge.set(5);
    const revived = auspex.snapshot("total");
    expect(operationNamed(auspex, "held").traffic.count).toBe(2);
    expect(revived.counters[0].count).toBe(4);
    expect(auspex.snapshot("1h").counters[0].count).toBe(4);
    expect(revived.gauges[0].value).toBe(5);
    expect(auspex.operation("held")).toBe(held);
  });

  it("make room under the limit, and every value stays accounted for", () => {
    const { auspex, clock } = manualMonitor({ idleSeriesMs: 3_900_000, cardinalityLimit: 10 });
    let recorded = 0;
    for (let generation = 0; generation < 5; generation++) {
      for (let i = 0; i < 10; i++) {
        auspex.operation(`work ${generation}/${i}`).record(1);
        recorded++;
      }
      clock.advance(9_000_000);
    }
    const { operations, self } = auspex.snapshot("total");
    expect(self.series).toBeLessThanOrEqual(11);
    const shown = operations.reduce((sum, { traffic }) => sum + traffic.count, 0);
    // What expired leaves the total when its minute is next folded in.
    expect(shown + self.expired.values).toBe(recorded);
    expect(self.records).toBe(recorded);
  });

  it("stay while something of them is in flight", () => {
    const { auspex, clock } = manualMonitor({ idleSeriesMs: 3_900_000 });
    const operation = auspex.operation("long");
    operation.record(1);
    const started = operation.start();
    clock.advance(20_000_000);
    expect(operationNamed(auspex, "long").inFlight).toBe(1);
    operation.end(started);
    expect(operationNamed(auspex, "long").traffic.count).toBe(2);
  });

  it("are shown again as soon as something of them is in flight", () => {
    const { auspex, clock } = manualMonitor({ idleSeriesMs: 3_900_000 });
    const nightly = auspex.operation("nightly");
    nightly.record(1);
    clock.advance(20_000_000);
    expect(auspex.snapshot().operations).toEqual([]);
    nightly.start();
    expect(operationNamed(auspex, "nightly").inFlight).toBe(1);
  });

  it("leave nothing behind for whoever gets their place", () => {
    const { auspex, clock } = manualMonitor({ idleSeriesMs: 3_900_000 });
    auspex.counter("old").add(1000);
    auspex.operation("old").record(500);
    clock.advance(20 * 3_600_000);
    auspex.counter("new").add(1);
    auspex.operation("new").record(1);
    clock.advance(2000);
    const total = auspex.snapshot("total");
    expect(total.counters).toMatchObject([{ name: "new", count: 1 }]);
    expect(total.operations).toMatchObject([{ name: "new", traffic: { count: 1 } }]);
    expect(total.operations[0].latency.max).toBeLessThan(2);
  });
});

describe("instruments", () => {
  it("are got or created: the same name is the same instrument", () => {
    const { auspex } = manualMonitor();
    expect(auspex.operation("work", { b: 1, a: 2 })).toBe(auspex.operation("work", { a: 2, b: 1 }));
    expect(auspex.operation("work", { a: 1 })).not.toBe(auspex.operation("work", { a: "1" }));
    expect(auspex.counter("jobs").bind({ a: 1 })).toBe(auspex.counter("jobs").bind({ a: 1 }));
  });

  it("keep their values when two modules give one name to two kinds", () => {
    const messages: string[] = [];
    const { auspex } = manualMonitor({
      logger: { warn: (message) => messages.push(message), debug: () => {} },
    });
    auspex.counter("jobs").add(2);
    auspex.gauge("jobs").set(3);
    const { counters, gauges } = auspex.snapshot();
    expect(counters[0]).toMatchObject({ name: "jobs", count: 2 });
    expect(gauges[0]).toMatchObject({ name: "jobs.gauge", value: 3 });
    expect(messages).toHaveLength(1);
  });

  it("keep values of any unit within two digits, and a faulty range falls back to the unit's own", () => {
    const { auspex } = manualMonitor();
    const cases = [
      ["s", 0.25],
      ["ms", 12.5],
      ["By", 123_456_789],
      ["1", 0.75],
      ["{item}", 42],
    ] as const;
    for (const [unit, value] of cases) auspex.histogram(`h.${unit}`, { unit }).record(value);
    auspex.histogram("faulty", { unit: "ms", highest: -5, significantDigits: 9 }).record(7);
    const { histograms } = auspex.snapshot();
    for (const [unit, value] of [...cases, ["faulty", 7]] as const) {
      const found = histograms.find(({ name }) => name === `h.${unit}` || name === unit);
      expect(found?.p50).toBeGreaterThanOrEqual(value * 0.999);
      expect(found?.p50).toBeLessThanOrEqual(value * 1.01);
      expect(found?.mean).toBeCloseTo(value, -Math.floor(Math.log10(value)) + 1);
    }
  });
});
