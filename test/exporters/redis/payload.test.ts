import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
  decodeGauge,
  decodeHistogram,
  decodeNumber,
  decodeTotal,
  encodeGauge,
  encodeHistogram,
  encodeNumber,
  encodeTotal,
} from "../../../src/exporters/redis/schema.js";
import { Layout } from "../../../src/histogram/index.js";
import { histogramOf } from "../../../src/testing/index.js";

const layout = new Layout();
const finite = fc.double({ noNaN: true, noDefaultInfinity: true });

describe("a payload", () => {
  it("of a histogram reads back as it was", () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0, max: 3600, noNaN: true })), (values) => {
        const histogram = histogramOf(values);
        const payload = encodeHistogram(histogram);
        expect(decodeHistogram(payload, layout, 1e6)?.toJSON()).toEqual(histogram.toJSON());
        expect(payload.length).toBeLessThanOrEqual(10 + histogram.end - histogram.start);
      }),
    );
  });

  it("of a number reads back as it was", () => {
    fc.assert(
      fc.property(fc.oneof(finite, fc.maxSafeInteger()), (value) => {
        expect(decodeNumber(encodeNumber(value))).toBe(value);
      }),
    );
    expect(encodeNumber(100).length).toBe(2);
    expect(decodeNumber(encodeNumber(-0))).toBe(-0);
  });

  it("of a gauge reads back as it was, with how full it is where it can be", () => {
    const share = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constant(Number.NaN));
    const gauge = fc.record(
      {
        last: finite,
        min: finite,
        max: finite,
        sum: finite,
        samples: fc.integer({ min: 1, max: 1e9 }),
        saturation: share,
      },
      { requiredKeys: ["last", "min", "max", "sum", "samples"] },
    );
    fc.assert(
      fc.property(gauge, share, (given, saturationMax) => {
        const whole = given.saturation === undefined ? given : { ...given, saturationMax };
        const read = decodeGauge(encodeGauge(whole));
        const isConstant = given.min === given.last && given.max === given.last;
        expect(read).toEqual(isConstant ? { ...whole, sum: read?.sum } : whole);
      }),
    );
  });

  it("of a gauge that stood still is a few bytes", () => {
    const still = { last: 0.5, min: 0.5, max: 0.5, sum: 1.5, samples: 3 };
    const full = { ...still, saturation: 0.5, saturationMax: 0.5 };
    expect(encodeGauge(full).length).toBe(11);
    expect(decodeGauge(encodeGauge(full))).toEqual(full);
  });

  it("of a total says up to when it counts", () => {
    const payload = encodeNumber(42);
    const total = decodeTotal(encodeTotal(1_700_000_000_000, payload));
    expect(total?.untilMs).toBe(1_700_000_000_000);
    expect(decodeNumber(total?.payload as Uint8Array)).toBe(42);
  });

  it("that is none reads as none, and never throws", () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 60 }), (bytes) => {
        for (const value of [
          decodeNumber(bytes),
          decodeGauge(bytes)?.last,
          decodeTotal(bytes)?.untilMs,
          decodeHistogram(bytes, layout, 1)?.count,
        ]) {
          expect(Number.isNaN(value)).toBe(false);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it("that was cut short reads as none", () => {
    const payloads = [
      encodeHistogram(histogramOf([0.1, 0.2])),
      encodeNumber(1e9),
      encodeNumber(-1),
    ];
    for (const payload of payloads) {
      for (let length = 0; length < payload.length; length++) {
        const cut = payload.subarray(0, length);
        expect(decodeNumber(cut)).toBeUndefined();
        expect(decodeHistogram(cut, layout, 1e6)).toBeUndefined();
      }
    }
  });

  it("with more slots than its layout has reads as none", () => {
    const small = new Layout({ highest: 1000 });
    expect(decodeHistogram(encodeHistogram(histogramOf([3000])), small, 1e6)).toBeUndefined();
  });
});
