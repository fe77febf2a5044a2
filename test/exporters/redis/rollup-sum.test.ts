import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type KnownSeries, Layouts } from "../../../src/exporters/redis/rollup-series.js";
import { SeriesSum } from "../../../src/exporters/redis/rollup-sum.js";
import { decodeRollup, encodeRollup } from "../../../src/exporters/redis/rollup-value.js";
import {
  encodeGauge,
  encodeHistogram,
  encodeNumber,
  type ProcessRecord,
  type SeriesDescriptor,
} from "../../../src/exporters/redis/schema.js";
import { histogramOf } from "../../../src/testing/batch.js";
import { counter, duration, gauge, samples } from "./rollup-fixture.js";

const layouts = new Layouts();

function known(descriptor: SeriesDescriptor): KnownSeries {
  return layouts.series("id", descriptor) as KnownSeries;
}

function record(id: string): ProcessRecord {
  return {
    id,
    pid: 1,
    host: id,
    thread: 0,
    startMs: 0,
    seenMs: 1,
    intervalMs: 500,
    windowMs: 10_000,
  };
}

/** Windows of processes: what each recorded in each. */
const recorded = <T>(value: fc.Arbitrary<T>) =>
  fc.array(fc.array(fc.array(value, { minLength: 1, maxLength: 20 }), { maxLength: 4 }), {
    minLength: 1,
    maxLength: 4,
  });

/** The sum over processes of each half, stored, and added up over time; the rest as raw windows. */
function viaRollups<T>(
  series: KnownSeries,
  processes: readonly (readonly (readonly T[])[])[],
  encode: (values: readonly T[]) => Buffer,
): SeriesSum {
  const whole = new SeriesSum(series, layouts);
  for (const window of [0, 1]) {
    const step = new SeriesSum(series, layouts);
    for (const [nth, windows] of processes.entries()) {
      const values = windows[window];
      if (values !== undefined) step.addRaw(record(`p${nth}`), encode(values));
    }
    const value = step.value();
    if (value !== undefined) expect(whole.addRollup(encodeRollup(value))).toBe(true);
  }
  for (const [nth, windows] of processes.entries()) {
    for (const values of windows.slice(2)) whole.addRaw(record(`p${nth}`), encode(values));
  }
  return whole;
}

describe("the sum of a series over processes and time", () => {
  it("is the histogram of all values", () => {
    fc.assert(
      fc.property(recorded(fc.integer({ min: 0, max: 10_000_000 })), (processes) => {
        const series = known(duration("work"));
        const seconds = (values: readonly number[]) => values.map((us) => us / 1e6);
        const encode = (values: readonly number[]) => encodeHistogram(histogramOf(seconds(values)));
        const value = viaRollups(series, processes, encode).value();
        const all = processes.flat(2);
        if (all.length === 0) return value === undefined;
        const pooled = histogramOf(seconds(all));
        return (
          value !== undefined &&
          "histogram" in value &&
          Buffer.compare(encodeHistogram(value.histogram), encodeHistogram(pooled)) === 0
        );
      }),
    );
  });

  it("is the sum of all that was counted", () => {
    fc.assert(
      fc.property(recorded(fc.integer({ min: 0, max: 1e6 })), (processes) => {
        const total = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0);
        const sum = viaRollups(known(counter("jobs")), processes, (values) => {
          return encodeNumber(total(values));
        });
        const value = sum.value();
        return value === undefined || ("sum" in value && value.sum === total(processes.flat(2)));
      }),
    );
  });

  it("has of a gauge the extremes, mean and last values of all samples, and the worst process", () => {
    fc.assert(
      fc.property(recorded(fc.integer({ min: -1000, max: 1000 })), (processes) => {
        const sum = viaRollups(known(gauge("pool")), processes, (values) => {
          return encodeGauge(samples(...values));
        });
        const value = sum.value();
        const all = processes.flat(2);
        if (value === undefined) return all.length === 0;
        if (!("gauge" in value)) return false;
        const { min, max, sum: of, samples: many, worst } = value.gauge;
        const largest = Math.max(...all);
        expect({ min, max, of, many }).toEqual({
          min: Math.min(...all),
          max: largest,
          of: all.reduce((total, each) => total + each, 0),
          many: all.length,
        });
        const isWorst = processes[Number(worst.slice(1))]?.flat().includes(largest);
        return isWorst === true;
      }),
    );
  });

  it("is at least as heavy with another process in it", () => {
    const series = known(duration("work"));
    fc.assert(
      fc.property(recorded(fc.integer({ min: 1, max: 1e6 })), (processes) => {
        let before = 0;
        const sum = new SeriesSum(series, layouts);
        for (const [nth, windows] of processes.entries()) {
          for (const values of windows) {
            const payload = encodeHistogram(histogramOf(values.map((us) => us / 1e6)));
            sum.addRaw(record(`p${nth}`), payload);
          }
          const value = sum.value();
          if (value === undefined) continue;
          const weight = encodeRollup(value).readDoubleBE();
          expect(weight).toBeGreaterThanOrEqual(before);
          before = weight;
        }
      }),
    );
  });
});

describe("the payload of a roll-up", () => {
  it("reads back as it was written", () => {
    const level = { ...samples(0.2, 0.9), saturation: 0.9, saturationMax: 0.95, worst: "é-1" };
    const value = { processes: 70_000, gauge: level };
    expect(decodeRollup(encodeRollup(value), known(gauge("pool", true)))).toEqual({
      processes: 65_535,
      gauge: level,
    });
    const long = { processes: 1, gauge: { ...samples(1), worst: "x".repeat(300) } };
    expect(decodeRollup(encodeRollup(long), known(gauge("pool")))).toMatchObject({
      gauge: { worst: "" },
    });
  });

  it("is refused whatever else it is, and never throws", () => {
    const all = [duration("work"), counter("jobs"), gauge("pool")].map(known);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 64 }), fc.constantFrom(...all), (bytes, series) => {
        const sum = new SeriesSum(series, layouts);
        const isTaken = sum.addRollup(Buffer.from(bytes));
        const isRaw = sum.addRaw(record("p"), Buffer.from(bytes));
        return isTaken || isRaw || sum.value() === undefined;
      }),
    );
  });

  it("has no layout where none can be made of the descriptor", () => {
    const layout = [1, 0, 9] as const;
    expect(layouts.series("id", { ...duration("work"), layout })).toBeUndefined();
  });
});
