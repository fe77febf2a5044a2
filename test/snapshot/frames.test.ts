import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { memory } from "../../src/exporters/memory.js";
import { ClosedHistogram } from "../../src/histogram/closed-histogram.js";
import type { HistogramMetric } from "../../src/index.js";
import { ExplicitBuckets, SECONDS_BOUNDS } from "../../src/snapshot/buckets.js";
import { ExponentialBuckets } from "../../src/snapshot/exponential.js";
import { DeltaCursor } from "../../src/snapshot/temporality.js";
import { manualMonitor } from "../helpers/monitor.js";

const SERIES = 3;

/** What happens to a monitor: values come, time passes, and readers read, of whom one fails now and then. */
const steps = fc.array(
  fc.oneof(
    fc.record({ series: fc.nat(SERIES - 1), ms: fc.integer({ min: 0, max: 100_000 }) }),
    fc.record({ passMs: fc.constantFrom(1, 400, 1000, 3300, 10_000, 61_000, 400_000) }),
    fc.record({ reader: fc.nat(1), fails: fc.boolean() }),
  ),
  { minLength: 1, maxLength: 60 },
);

/** The same values in a histogram that no reader has seen before. */
function copyOf({ layout, scale, count, bytes, start, end }: ClosedHistogram): ClosedHistogram {
  return new ClosedHistogram(layout, scale, count, bytes.slice(start, end));
}

function slotsOf(histogram: ClosedHistogram): [number, number][] {
  const found: [number, number][] = [];
  histogram.forEachSlot((slot, count) => found.push([slot, count]));
  return found;
}

/** One exporter: what it was told by the monitor, and what a backend makes of that. */
class Reader {
  readonly explicit = new ExplicitBuckets(SECONDS_BOUNDS);
  readonly exponential = new ExponentialBuckets(8);
  readonly cursor = new DeltaCursor();
  /** By series: slots of all deltas that arrived. */
  readonly arrived = new Map<unknown, Map<number, number>>();
}

describe("readers that pay for what is new", () => {
  it("see the same as one that reads all, whatever came, passed and failed in between", async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (all) => {
        const exporter = memory();
        const { auspex, clock } = manualMonitor({ exporters: [exporter] });
        const instrument = auspex.histogram("took", { unit: "s" });
        const bound = Array.from({ length: SERIES }, (_, series) => instrument.bind({ series }));
        const recorded = Array.from({ length: SERIES }, () => 0);
        const readers = [new Reader(), new Reader()];
        const read = async (reader: Reader, fails: boolean): Promise<void> => {
          await auspex.forceFlush();
          const batch = exporter.batches.at(-1);
          if (batch === undefined) throw new Error("nothing was exported");
          const metric = batch.metrics.find(({ name }) => name === "took") as HistogramMetric;
          const delta = reader.cursor.delta(batch);
          for (const { attributes, histogram } of metric?.points ?? []) {
            expect(histogram.count).toBe(recorded[attributes.series as number]);
            const { counts, sum, min, max } = reader.explicit.of(histogram);
            const buckets = reader.exponential.of(histogram);
            const { scale, offset, length, zeroCount } = buckets;
            const fresh = copyOf(histogram);
            expect(slotsOf(fresh).reduce((seen, [, count]) => seen + count, 0)).toBe(fresh.count);
            const whole = new ExplicitBuckets(SECONDS_BOUNDS).of(fresh);
            expect([...counts]).toEqual([...whole.counts]);
            expect({ sum, min, max }).toEqual({ sum: whole.sum, min: whole.min, max: whole.max });
            const finer = new ExponentialBuckets(8).of(fresh);
            expect({ scale, offset, length, zeroCount }).toEqual({
              scale: finer.scale,
              offset: finer.offset,
              length: finer.length,
              zeroCount: finer.zeroCount,
            });
            expect([...buckets.counts.subarray(0, length)]).toEqual([
              ...finer.counts.subarray(0, length),
            ]);
          }
          if (fails) return;
          reader.cursor.acknowledge(batch);
          const added = delta.metrics.find(({ name }) => name === "took") as HistogramMetric;
          for (const { attributes, histogram } of added?.points ?? []) {
            const slots = reader.arrived.get(attributes.series) ?? new Map();
            reader.arrived.set(attributes.series, slots);
            let values = 0;
            for (const [slot, count] of slotsOf(histogram)) {
              slots.set(slot, (slots.get(slot) ?? 0) + count);
              values += count;
            }
            expect(histogram.count).toBe(values);
          }
          for (const { attributes, histogram } of metric?.points ?? []) {
            const slots = reader.arrived.get(attributes.series) ?? new Map();
            expect([...slots].sort(([a], [b]) => a - b)).toEqual(slotsOf(histogram));
          }
        };
        for (const step of all) {
          if ("passMs" in step) clock.advance(step.passMs);
          else if ("reader" in step) await read(readers[step.reader] as Reader, step.fails);
          else {
            bound[step.series]?.record(step.ms / 1000);
            recorded[step.series]++;
          }
        }
        await read(readers[0] as Reader, false);
        await read(readers[1] as Reader, false);
        await auspex.shutdown({ timeoutMs: 1 });
      }),
      { numRuns: 60 },
    );
  });

  it("begin anew with a series that expired and came back, though it has as many values", async () => {
    const exporter = memory();
    const idleSeriesMs = 3_900_000;
    const { auspex, clock } = manualMonitor({ exporters: [exporter], idleSeriesMs });
    const bound = auspex.histogram("took", { unit: "s" }).bind({});
    const explicit = new ExplicitBuckets(SECONDS_BOUNDS);
    const exponential = new ExponentialBuckets();
    for (const value of [0.003, 3, 0.03]) {
      bound.record(value);
      await auspex.forceFlush();
      const metric = exporter.batches.at(-1)?.metrics.find(({ name }) => name === "took");
      const { histogram } = (metric as HistogramMetric).points[0] as { histogram: ClosedHistogram };
      expect(histogram.count).toBe(1);
      for (const { sum, min, max } of [explicit.of(histogram), exponential.of(histogram)]) {
        expect(sum).toBeCloseTo(value, 1);
        expect(min).toBeCloseTo(value, 1);
        expect(max).toBeCloseTo(value, 1);
      }
      clock.advance(4 * idleSeriesMs);
    }
  });

  it("leave windows and their figures as they are, however often they read", async () => {
    const exporter = memory();
    const { auspex, clock } = manualMonitor({ exporters: [exporter] });
    const operation = auspex.operation("busy");
    for (let second = 0; second < 30; second++) {
      for (let i = 0; i < 20; i++) {
        operation.record(i + 1);
        await auspex.forceFlush();
      }
      clock.advance(1000);
    }
    const [ten] = auspex.snapshot("10s").operations;
    expect(ten?.traffic).toMatchObject({ count: 200, perSecond: 20 });
    expect(ten?.latency.p50).toBeCloseTo(10, 0);
    operation.record(500);
    await auspex.forceFlush();
    // Closed for the reader, open for the window: it is seen, once.
    expect(auspex.snapshot("10s").operations[0]).toMatchObject({
      traffic: { count: 201 },
      latency: { max: expect.closeTo(500, -1) },
    });
    expect(auspex.snapshot("total").operations[0]?.traffic.count).toBe(601);
    expect(auspex.snapshot().self.records).toBe(601);
  });
});
