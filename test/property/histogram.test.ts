import { inflateSync } from "node:zlib";
import fc from "fast-check";
import * as hdr from "hdr-histogram-js";
import { describe, expect, it } from "vitest";
import { Accumulator } from "../../src/histogram/accumulator.js";
import type { ClosedHistogram } from "../../src/histogram/closed-histogram.js";
import { Layout } from "../../src/histogram/layout.js";
import { Recorder, ValueTally } from "../../src/histogram/recorder.js";
import { Slabs } from "../../src/histogram/slabs.js";
import { SparseWriter } from "../../src/histogram/sparse.js";
import { decodeV2, decodeV2Base64, encodeV2, encodeV2Base64 } from "../../src/histogram/v2.js";
import { TraceSource } from "../../src/instruments/exemplars.js";
import { makeSeries } from "../../src/instruments/histogram.js";

const HOUR_US = 3_600_000_000;

function recorderOf(layout: Layout): Recorder {
  return new Recorder({
    layout,
    scale: 1,
    tally: new ValueTally(),
    slabs: new Slabs<Recorder>(layout),
    admit: (self) => self,
  });
}

function closed(recorder: Recorder): ClosedHistogram {
  const accumulator = new Accumulator(recorder.layout);
  accumulator.addOpen(recorder);
  return accumulator.take(1);
}

function oracle(layout: Layout, values: readonly number[]): hdr.Histogram {
  const histogram = hdr.build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: layout.lowest,
    highestTrackableValue: layout.highest,
    numberOfSignificantValueDigits: layout.significantDigits as 1 | 2 | 3 | 4,
    useWebAssembly: false,
  });
  for (const value of values) histogram.recordValue(value);
  return histogram;
}

const layouts = fc
  .record({
    significantDigits: fc.constantFrom(1, 2, 3, 4),
    lowest: fc.constantFrom(1, 2, 7, 1000),
    highest: fc.constantFrom(100_000, 60_000_000, HOUR_US, 86_400_000_000),
  })
  .map((options) => new Layout(options));

/** Durations as programs have them: every octave equally likely. */
const durations = fc
  .tuple(fc.integer({ min: 0, max: 31 }), fc.double({ min: 1, max: 2, noNaN: true }))
  .map(([octave, mantissa]) => Math.min(HOUR_US, Math.floor(2 ** octave * mantissa)));

describe("a histogram against a sorted array", () => {
  it("reports percentiles within its significant digits, never below the true value", () => {
    fc.assert(
      fc.property(
        fc.constantFrom(1, 2, 3, 4),
        fc.array(durations, { minLength: 1, maxLength: 400 }),
        fc.double({ min: 0, max: 100, noNaN: true }),
        (significantDigits, values, p) => {
          const recorder = recorderOf(new Layout({ significantDigits }));
          for (const value of values) recorder.record(value);
          const sorted = [...values].sort((a, b) => a - b);
          const rank = Math.max(1, Math.ceil((p / 100) * values.length - 1e-9));
          const exact = sorted[rank - 1];
          const reported = closed(recorder).percentile(p);
          expect(reported).toBeGreaterThanOrEqual(exact);
          expect(reported).toBeLessThanOrEqual(exact * (1 + 10 ** -significantDigits));
        },
      ),
    );
  });

  it("summarises to the same figures as the single calls, and counts every value", () => {
    fc.assert(
      fc.property(fc.array(durations, { maxLength: 300 }), (values) => {
        const recorder = recorderOf(new Layout());
        for (const value of values) recorder.record(value);
        const view = closed(recorder);
        const mean = values.reduce((sum, value) => sum + value, 0) / (values.length || 1);
        expect(view.summary()).toEqual({
          count: values.length,
          p50: view.percentile(50),
          p95: view.percentile(95),
          p99: view.percentile(99),
          max: view.max,
          mean: view.mean,
        });
        expect(Math.abs(view.mean - mean)).toBeLessThanOrEqual(mean * 0.01);
      }),
    );
  });
});

describe("a histogram against hdr-histogram-js", () => {
  it("puts every value into the same slot, in every layout", () => {
    fc.assert(
      fc.property(layouts, durations, (layout, value) => {
        fc.pre(value <= layout.highest);
        const theirs = oracle(layout, []) as unknown as {
          countsArrayIndex(value: number): number;
          lowestEquivalentValue(value: number): number;
          highestEquivalentValue(value: number): number;
          medianEquivalentValue(value: number): number;
        };
        const slot = layout.slotOf(value);
        expect(slot).toBe(theirs.countsArrayIndex(value));
        expect(layout.lowestIn(slot)).toBe(theirs.lowestEquivalentValue(value));
        expect(layout.highestIn(slot)).toBe(theirs.highestEquivalentValue(value));
        expect(layout.medianOf(slot)).toBe(theirs.medianEquivalentValue(value));
      }),
      { numRuns: 1000 },
    );
  });

  // With lowest > 1 hdr-histogram-js adds the unit mask to its maximum where HdrHistogram ors it, and
  // may write one empty slot more: the same histogram, read back below, in other bytes.
  it("encodes to the same V2 bytes, compressed and not", () => {
    fc.assert(
      fc.property(layouts, fc.array(durations, { maxLength: 200 }), (layout, raw) => {
        fc.pre(layout.lowest === 1);
        const values = raw.filter((value) => value <= layout.highest);
        const recorder = recorderOf(layout);
        for (const value of values) recorder.record(value);
        const view = closed(recorder);
        const theirs = oracle(layout, values);
        const text = hdr.encodeIntoCompressedBase64(theirs);
        const bytes = inflateSync(Buffer.from(text, "base64").subarray(8));
        expect(Buffer.from(encodeV2(view)).toString("hex")).toBe(bytes.toString("hex"));
        expect(encodeV2Base64(view)).toBe(text);
      }),
    );
  });

  it("reads what hdr-histogram-js wrote, and is read by it", () => {
    fc.assert(
      fc.property(layouts, fc.array(durations, { minLength: 1, maxLength: 200 }), (layout, raw) => {
        const values = raw.map((value) => Math.min(value, layout.highest));
        const theirs = oracle(layout, values);
        const ours = decodeV2Base64(hdr.encodeIntoCompressedBase64(theirs));
        expect(ours.count).toBe(values.length);
        expect(ours.percentile(99)).toBe(theirs.getValueAtPercentile(100 * 0.99));
        const back = hdr.decodeFromCompressedBase64(encodeV2Base64(ours));
        expect(back.totalCount).toBe(values.length);
      }),
      { numRuns: 60 },
    );
  });
});

describe("the series of the default precision", () => {
  it("puts every value, nonsense included, where the general recorder puts it", () => {
    const values = fc.oneof(
      durations.map((value) => value / 1000),
      fc.double({ noNaN: false }),
      fc.double({ min: 0, max: 4_000_000, noNaN: true }),
    );
    fc.assert(
      fc.property(fc.array(values, { maxLength: 100 }), (all) => {
        const layout = new Layout();
        const shared = () => ({
          layout,
          scale: 1000,
          tally: new ValueTally(),
          slabs: new Slabs<Recorder>(layout),
          admit: (self: Recorder) => self,
          traces: new TraceSource({
            exemplars: false,
            wall: () => 0,
            tally: { callbackErrors: 0 },
          }),
        });
        const general = new Recorder(shared());
        const special = makeSeries(shared(), {});
        expect(special.record).not.toBe(general.record);
        for (const value of all) {
          general.record(value);
          special.record(value);
        }
        expect(encodeV2(closed(special))).toEqual(encodeV2(closed(general)));
      }),
    );
  });
});

describe("merging", () => {
  it("is adding: parts merged equal the whole recorded at once, and subtracting gives the part back", () => {
    fc.assert(
      fc.property(
        layouts,
        fc.array(durations, { maxLength: 200 }),
        fc.array(durations, { maxLength: 200 }),
        (layout, left, right) => {
          const view = (values: number[]) => {
            const recorder = recorderOf(layout);
            for (const value of values) recorder.record(Math.min(value, layout.highest));
            return closed(recorder);
          };
          const a = view(left);
          const b = view(right);
          const whole = view([...left, ...right]);
          const accumulator = new Accumulator(layout);
          accumulator.addClosed(a);
          accumulator.addClosed(b);
          const merged = accumulator.take(1);
          expect(encodeV2(merged)).toEqual(encodeV2(whole));
          accumulator.addClosed(merged);
          accumulator.addClosed(a, -1);
          expect(encodeV2(accumulator.take(1))).toEqual(encodeV2(b));
        },
      ),
    );
  });

  it("keeps counts beyond 32 bits exact", () => {
    const layout = new Layout();
    const writer = new SparseWriter();
    writer.put(10, 2 ** 40 + 1);
    writer.finish();
    const accumulator = new Accumulator(layout);
    for (let i = 0; i < 3; i++) accumulator.add(writer.bytes, 0, writer.length, 2 ** 40 + 1);
    const view = accumulator.take(1);
    expect(view.count).toBe(3 * (2 ** 40 + 1));
    expect(decodeV2(encodeV2(view)).count).toBe(view.count);
    expect(view.summary().p99).toBe(10);
  });
});

describe("reading foreign bytes", () => {
  it("refuses anything that is not a whole V2 histogram with a RangeError, and never hangs", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), (noise) => {
        const valid = encodeV2(closed(recorderOf(new Layout())));
        const forged = new Uint8Array(valid.length + noise.length);
        forged.set(valid);
        forged.set(noise, 40);
        new DataView(forged.buffer).setInt32(4, noise.length);
        for (const bytes of [noise, forged]) {
          try {
            expect(decodeV2(bytes).count).toBeGreaterThanOrEqual(0);
          } catch (error) {
            expect(error).toBeInstanceOf(RangeError);
          }
        }
      }),
    );
  });
});
