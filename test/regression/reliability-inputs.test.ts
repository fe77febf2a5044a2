import { describe, expect, it } from "vitest";
import type { Snapshot } from "../../src/index.js";
import { manualMonitor, monitor, operationNamed } from "../helpers/monitor.js";

/** Every value that came in: in a series, or in a drop with its reason. */
function accounted({ self }: Snapshot): number {
  const { notANumber, negative, infinite } = self.dropped;
  return self.records + notANumber + negative + infinite;
}

/** Lets promises that are ready run. */
async function settled(): Promise<void> {
  for (let turns = 0; turns < 5; turns++) await Promise.resolve();
}

const NONSENSE: readonly [unknown, "notANumber" | "negative" | "infinite"][] = [
  [Number.NaN, "notANumber"],
  [Number.POSITIVE_INFINITY, "infinite"],
  [Number.NEGATIVE_INFINITY, "infinite"],
  [-1, "negative"],
  [-0.001, "negative"],
  [undefined, "notANumber"],
  [null, "notANumber"],
  ["12", "notANumber"],
  [12n, "notANumber"],
  [Symbol("x"), "notANumber"],
  [{ valueOf: () => 5 }, "notANumber"],
  [
    {
      valueOf() {
        throw new Error("valueOf");
      },
    },
    "notANumber",
  ],
  [[7], "notANumber"],
  [true, "notANumber"],
];

describe("case 1: values that are no measurement", () => {
  it.each(NONSENSE)("drops %s and counts it by reason", (value, reason) => {
    const { auspex } = manualMonitor();
    const operation = auspex.operation("work");
    operation.record(value as number);
    auspex
      .histogram("size")
      .bind()
      .record(value as number);
    const snapshot = auspex.snapshot("total");
    expect(snapshot.self.dropped[reason]).toBe(2);
    expect(snapshot.self.records).toBe(0);
    expect(accounted(snapshot)).toBe(2);
    expect(operationNamed(auspex, "work").latency.max).toBe(0);
  });

  it("drops them in counters and gauges too, and keeps what was there", () => {
    const { auspex } = manualMonitor();
    const counter = auspex.counter("jobs").bind();
    const gauge = auspex.gauge("depth").bind();
    counter.add(3);
    gauge.set(-4);
    for (const [value] of NONSENSE) counter.add(value as number);
    auspex.counter("jobs").add(undefined);
    for (const value of [Number.NaN, Number.POSITIVE_INFINITY, "1", undefined, {}]) {
      gauge.set(value as number);
    }
    const snapshot = auspex.snapshot("total");
    expect(snapshot.counters[0].count).toBe(3);
    expect(snapshot.gauges[0].value).toBe(-4);
    const { notANumber, negative, infinite } = snapshot.self.dropped;
    expect(notANumber + negative + infinite).toBe(NONSENSE.length + 1 + 5);
  });

  it("ends an operation whose start was lost without losing count of what is in flight", () => {
    const { auspex } = manualMonitor();
    const operation = auspex.operation("work");
    const started = operation.start();
    for (const [value] of NONSENSE) {
      operation.end(value as number);
      operation.fail(value as number, new Error("x"));
      operation.abort(value as number);
    }
    operation.end(started);
    const snapshot = auspex.snapshot("total");
    expect(operationNamed(auspex, "work").inFlight).toBe(0);
    expect(snapshot.self.misuse).toBe(3 * NONSENSE.length);
    expect(accounted(snapshot)).toBe(3 * NONSENSE.length + 1);
  });
});

describe("case 2: rounding and clamping", () => {
  it("rounds to whole microseconds, with a mean within one per cent", () => {
    const { auspex } = manualMonitor();
    const operation = auspex.operation("work");
    for (let i = 0; i < 1000; i++) {
      operation.record(0.4);
      operation.record(1.7);
      operation.record(0.0004);
    }
    const { latency } = operationNamed(auspex, "work");
    expect(latency.count).toBe(3000);
    expect(latency.mean).toBeGreaterThan(0.7 * 0.99);
    expect(latency.mean).toBeLessThan(0.7 * 1.01);
    expect(latency.percentile(0)).toBe(0);
  });

  it("clamps what is longer than the highest trackable value, counts it and keeps it", () => {
    const { auspex } = manualMonitor();
    const operation = auspex.operation("work");
    for (const hours of [0.6, 1, 2, 1000]) operation.record(hours * 3_600_000);
    const { latency } = operationNamed(auspex, "work");
    expect(latency.count).toBe(4);
    expect(auspex.snapshot("total").self.clamped).toBe(2);
    expect(latency.percentile(25)).toBeCloseTo(0.6 * 3_600_000, -4.5);
    expect(latency.max).toBeGreaterThanOrEqual(3_600_000);
    expect(latency.max).toBeLessThan(3_600_000 * 1.01);
  });

  it("clamps at a configured range as well", () => {
    const { auspex } = manualMonitor({ histogram: { highestUs: 1_000_000, significantDigits: 3 } });
    const operation = auspex.operation("work");
    for (const ms of [999, 1000, 1001, 5000]) operation.record(ms);
    expect(auspex.snapshot("total").self.clamped).toBe(2);
    expect(operationNamed(auspex, "work").traffic.count).toBe(4);
  });
});

describe("case 3: too many sets of attributes", () => {
  it("keeps 2,000 series and one that takes the rest, and the sum is exact", () => {
    const { auspex, clock } = manualMonitor();
    for (let i = 0; i < 2500; i++) auspex.operation("work", { tenant: i }).record(1);
    clock.advance(3000);
    const { operations, self } = auspex.snapshot("total");
    expect(operations).toHaveLength(2001);
    expect(operations.reduce((sum, { traffic }) => sum + traffic.count, 0)).toBe(2500);
    const overflow = operations.find(
      ({ attributes }) => attributes["otel.metric.overflow"] === true,
    );
    expect(overflow?.traffic.count).toBe(500);
    expect(self.overflowed).toBe(500);
  });

  it("does so for histograms, counters and gauges", () => {
    const { auspex } = manualMonitor();
    const histogram = auspex.histogram("size");
    const counter = auspex.counter("jobs");
    const gauge = auspex.gauge("depth");
    for (let i = 0; i < 2500; i++) {
      histogram.record(1, { tenant: i });
      counter.add(1, { tenant: i });
      gauge.set(1, { tenant: i });
    }
    const { histograms, counters, gauges } = auspex.snapshot("total");
    expect([histograms.length, counters.length, gauges.length]).toEqual([2001, 2001, 2001]);
    expect(histograms.reduce((sum, { count }) => sum + count, 0)).toBe(2500);
    expect(counters.reduce((sum, { count }) => sum + count, 0)).toBe(2500);
  });

  it("shows one overflow series in the Prometheus page, whatever the outcome of what overflowed", async () => {
    const { auspex } = manualMonitor({ cardinalityLimit: 3 });
    for (let i = 0; i < 10; i++) {
      auspex.operation(`work ${i}`).record(1);
      auspex.operation(`work ${i}`).record(1, new TypeError("no"));
    }
    const page = await auspex.text();
    const counts = page.match(/^auspex_operation_duration_seconds_count.*$/gm) ?? [];
    expect(counts.filter((line) => line.includes("otel_metric_overflow"))).toHaveLength(1);
    const sum = counts.reduce((total, line) => total + Number(line.split(" ").at(-1)), 0);
    expect(sum).toBe(20);
    const shown = auspex.snapshot("total").operations;
    expect(shown.reduce((total, { traffic }) => total + traffic.count, 0)).toBe(20);
  });
});

describe("case 4: attributes without measure", () => {
  it("keeps 64 of 10,000 keys and 256 characters of a megabyte, and counts the rest", () => {
    const { auspex } = manualMonitor();
    const many = Object.fromEntries(Array.from({ length: 10_000 }, (_, i) => [`k${i}`, i]));
    auspex.operation("many", many).record(1);
    auspex.operation("long", { text: "x".repeat(1 << 20) }).record(1);
    auspex.operation("n".repeat(1 << 20)).record(1);
    const { operations, self } = auspex.snapshot("total");
    expect(Object.keys(operations[0].attributes)).toHaveLength(64);
    expect(operations[1].attributes.text).toHaveLength(256);
    expect(operations[2].name.length).toBeLessThanOrEqual(256);
    expect(self.attributes.dropped).toBeGreaterThanOrEqual(10_000 - 64);
    expect(self.attributes.truncated).toBeGreaterThanOrEqual(2);
  });

  it("keeps the windows within their budget and says what gave way", () => {
    const { auspex, clock } = manualMonitor({ windowBytes: 400_000 });
    const operations = Array.from({ length: 200 }, (_, i) =>
      auspex.operation("work", { shard: i }),
    );
    let recorded = 0;
    for (let second = 0; second < 4000; second++) {
      for (let i = 0; i < 200; i += 4) {
        operations[(i + second) % 200].record(((second * 7919 + i * 31) % 5000) + 1);
        recorded++;
      }
      clock.advance(1000);
    }
    const { windows } = auspex.snapshot("1h").self;
    expect(windows.bytes).toBeLessThanOrEqual(400_000 * 1.05);
    expect(windows.coarsened + windows.dropped).toBeGreaterThan(0);
    const total = auspex.snapshot("total").operations;
    expect(total.reduce((sum, { traffic }) => sum + traffic.count, 0)).toBe(recorded);
    const hour = auspex.snapshot("1h");
    const minutes = (hour.end - hour.start) / 60_000;
    const expected = ((hour.end - hour.start) / 1000) * 50;
    expect(minutes).toBeGreaterThan(5);
    expect(hour.operations.reduce((sum, { traffic }) => sum + traffic.count, 0)).toBe(expected);
  });
});

describe("case 5: keys that mean something to JavaScript", () => {
  it("treats __proto__ and constructor as labels and leaves the prototype clean", async () => {
    const { auspex } = manualMonitor();
    const attributes = JSON.parse('{"__proto__":"p","constructor":"c","toString":"t"}');
    auspex.operation("work", attributes).record(1);
    auspex.operation("__proto__", attributes).record(1);
    auspex.operation("work").record(1, Object.assign(new Error("x"), { code: "__proto__" }));
    const { operations } = auspex.snapshot("total");
    expect(Object.entries(operations[0].attributes)).toContainEqual(["__proto__", "p"]);
    expect(operations[2].errors.byType).toEqual(JSON.parse('{"__proto__":1}'));
    expect(({} as Record<string, unknown>).p).toBeUndefined();
    expect(Object.prototype).not.toHaveProperty("p");
    const page = await auspex.text();
    expect(page).toContain('_proto__="p"');
    expect(page).toContain('constructor="c"');
    expect(JSON.parse(JSON.stringify(auspex.snapshot("total"))).operations).toHaveLength(3);
  });
});

describe("case 6: callbacks that misbehave", () => {
  it("collects the others when one throws, hangs, answers nonsense or calls back", async () => {
    const { auspex, clock } = manualMonitor();
    auspex.saturation("throws", () => {
      throw new Error("no");
    });
    auspex.saturation("nan", () => Number.NaN);
    auspex.saturation("text", () => "0.5" as unknown as number);
    auspex.saturation("hangs", () => new Promise<number>(() => {}));
    auspex.saturation("rejects", () => Promise.reject(new Error("no")));
    auspex.saturation("re-enters", () => auspex.snapshot("10s").saturation.length / 10);
    auspex.saturation("late", async () => 0.75);
    auspex.saturation("fine", () => 0.25);
    auspex.gauge("queue").observe(() => {
      throw new Error("no");
    });
    for (let i = 0; i < 3; i++) {
      await settled();
      clock.advance(1000);
    }
    await settled();
    const { saturation, self } = auspex.snapshot("10s");
    const byName = new Map(saturation.map((each) => [each.name, each.value]));
    expect(byName.get("fine")).toBe(0.25);
    expect(byName.get("late")).toBe(0.75);
    expect(byName.has("re-enters")).toBe(true);
    for (const name of ["throws", "nan", "text", "hangs", "rejects"]) {
      expect(byName.has(name)).toBe(false);
    }
    // Four polls of five that fail each time, and one that hangs, which is counted once.
    expect(self.callbackErrors).toBe(4 * 5 + 1);
  });
});

describe("a host's logger that throws", () => {
  it("harms nobody", async () => {
    const auspex = monitor({
      logger: {
        warn() {
          throw new Error("no");
        },
        debug() {
          throw new Error("no");
        },
      },
      exporters: [
        {
          name: "failing",
          export: async () => ({ status: "failure", error: new Error("no") }),
        },
      ],
    });
    auspex.operation("work").record(1);
    expect((await auspex.forceFlush()).ok).toBe(false);
  });
});
