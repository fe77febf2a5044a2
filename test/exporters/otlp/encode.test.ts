import { ProtobufMetricsSerializer } from "@opentelemetry/otlp-transformer";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Distributions } from "../../../src/exporters/otlp/distribution.js";
import { otlpEncoder } from "../../../src/exporters/otlp/encode.js";
import { JsonEncoder } from "../../../src/exporters/otlp/encode-json.js";
import { ProtobufEncoder } from "../../../src/exporters/otlp/encode-protobuf.js";
import { resourceMetricsOf } from "../../../src/exporters/otlp/resource-metrics.js";
import type { MetricBatch, MetricData } from "../../../src/snapshot/batch.js";
import { batchOf } from "../../conformance/exporter.js";
import { batches, histogramOf } from "./batches.js";
import { decodeJsonRequest, decodeRequest, metricsIn } from "./schema.js";

const DAY = Date.UTC(2026, 0, 1);

function batchWith(
  metric: Partial<MetricData> & object,
  more: Partial<MetricBatch> = {},
): MetricBatch {
  const metrics = [{ name: "m", unit: "s", description: "", ...metric } as MetricData];
  return { ...batchOf([]), metrics, ...more };
}

/** What OpenTelemetry JS makes of the same data. */
function theirs(batch: MetricBatch, histogram: "explicit" | "exponential"): Buffer {
  const metrics = resourceMetricsOf(batch, new Distributions({ histogram }));
  return Buffer.from(ProtobufMetricsSerializer.serializeRequest(metrics as any) as Uint8Array);
}

describe("OTLP in protobuf", () => {
  for (const histogram of ["explicit", "exponential"] as const) {
    it(`is byte for byte what OpenTelemetry JS writes (${histogram})`, () => {
      fc.assert(
        fc.property(batches, (batch) => {
          fc.pre(batch.metrics.some(({ points }) => points.length > 0));
          const ours = Buffer.from(otlpEncoder({ histogram })(batch));
          expect(ours.toString("hex")).toBe(theirs(batch, histogram).toString("hex"));
        }),
      );
    });

    it(`is the same data as its JSON (${histogram})`, () => {
      const encode = otlpEncoder({ histogram });
      const encodeJson = otlpEncoder({ histogram, protocol: "http/json" });
      fc.assert(
        fc.property(batches, (batch) => {
          const fromJson = decodeJsonRequest(Buffer.from(encodeJson(batch)).toString());
          const fromBytes = decodeRequest(encode(batch));
          // What JSON leaves out and bytes say outright: zeros, and empty messages.
          expect(withoutZeros(fromJson)).toEqual(withoutZeros(fromBytes));
        }),
      );
    });
  }

  it("reads back through the official schema", () => {
    const request = decodeRequest(otlpEncoder()(batchOf([0.001, 0.2, 3, 30])));
    const [{ resource, scopeMetrics }] = request.resourceMetrics;
    expect(resource.attributes).toEqual([
      { key: "service.name", value: { stringValue: "conformance" } },
    ]);
    expect(scopeMetrics[0].scope).toMatchObject({ name: "auspex", version: "0.1.0" });
    const metrics = metricsIn(request);
    expect(Object.keys(metrics)).toEqual([
      "http.server.request.duration",
      "jobs.done",
      "pool.used",
    ]);
    expect(metrics["jobs.done"].sum).toMatchObject({
      aggregationTemporality: 2,
      isMonotonic: true,
    });
    expect(metrics["jobs.done"].sum.dataPoints[0].asDouble).toBe(3);
    expect(metrics["pool.used"].gauge.dataPoints[0].asDouble).toBe(0.5);
    const [point] = metrics["http.server.request.duration"].histogram.dataPoints;
    expect(point).toMatchObject({
      count: "4",
      startTimeUnixNano: "1699999940000000000",
      timeUnixNano: "1700000000000000000",
      min: 0.001,
    });
    expect(point.explicitBounds).toHaveLength(14);
    expect(point.bucketCounts.map(Number)).toEqual([1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 1]);
    expect(point.max).toBeGreaterThanOrEqual(30);
    expect(point.sum).toBeCloseTo(33.2, 0);
    expect(point.attributes).toContainEqual({
      key: "http.route",
      value: { stringValue: "/users/:id" },
    });
  });

  it("keeps the type of an attribute", () => {
    const attributes = { a: "1", b: 1, c: true, d: 1.5, e: -3, f: 2 ** 60, "": "x", ü: "€🙂" };
    const bytes = otlpEncoder()(batchWith({ kind: "gauge", points: [{ attributes, value: 1 }] }));
    const [point] = metricsIn(decodeRequest(bytes)).m.gauge.dataPoints;
    expect(Object.fromEntries(point.attributes.map(({ key, value }: any) => [key, value]))).toEqual(
      {
        a: { stringValue: "1" },
        b: { intValue: "1" },
        c: { boolValue: true },
        d: { doubleValue: 1.5 },
        e: { intValue: "-3" },
        f: { intValue: String(2n ** 60n) },
        "": { stringValue: "x" },
        ü: { stringValue: "€🙂" },
      },
    );
  });

  it("says since when: a delta since the last one, an absolute value since the start", () => {
    const point = { attributes: {}, value: 1 };
    const startOf = (kind: "counter" | "updown", temporality: MetricBatch["temporality"]) => {
      const batch = batchWith(
        { kind, points: [point] },
        { temporality, from: DAY + 0.25, to: DAY + 1000, incarnation: { id: "x", startTimeMs: 5 } },
      );
      const { sum } = metricsIn(decodeRequest(otlpEncoder()(batch))).m;
      return [sum.aggregationTemporality, sum.dataPoints[0].startTimeUnixNano];
    };
    expect(startOf("counter", "cumulative")).toEqual([2, "5000000"]);
    expect(startOf("counter", "delta")).toEqual([1, `${DAY}250000`]);
    expect(startOf("updown", "delta")).toEqual([2, "5000000"]);
  });

  it("carries exemplars with their traces, in bytes and in JSON", () => {
    const traceId = "4BF92F3577b34da6a3ce929d0e0e4736";
    const spanId = "00f067aa0ba902b7";
    const exemplars = [
      { value: 0.25, timeMs: DAY + 0.5, traceId, spanId },
      { value: 3, timeMs: DAY, traceId: "not an id", spanId: "" },
    ];
    const points = [{ attributes: {}, histogram: histogramOf([250_000]), exemplars }];
    const batch = batchWith({ kind: "histogram", points });
    for (const histogram of ["explicit", "exponential"] as const) {
      const field = histogram === "explicit" ? "histogram" : "exponentialHistogram";
      const request = decodeRequest(otlpEncoder({ histogram })(batch));
      const [first, second] = metricsIn(request).m[field].dataPoints[0].exemplars;
      expect(first).toMatchObject({ asDouble: 0.25, timeUnixNano: `${DAY}500000` });
      expect(Buffer.from(first.traceId, "base64").toString("hex")).toBe(traceId.toLowerCase());
      expect(Buffer.from(first.spanId, "base64").toString("hex")).toBe(spanId);
      expect(second).toMatchObject({ asDouble: 3 });
      expect(second.traceId ?? "").toBe("");
      const json = JSON.parse(
        Buffer.from(otlpEncoder({ histogram, protocol: "http/json" })(batch)).toString(),
      );
      expect(metricsIn(json).m[field].dataPoints[0].exemplars).toEqual([
        { timeUnixNano: `${DAY}500000`, asDouble: 0.25, traceId: traceId.toLowerCase(), spanId },
        { timeUnixNano: `${DAY}000000`, asDouble: 3 },
      ]);
    }
  });

  it("has bounds of the instrument before those for its unit", () => {
    const points = [{ attributes: {}, histogram: histogramOf([10, 20, 30], 1) }];
    const encode = otlpEncoder({ bounds: { m: [10, 20], empty: [] } });
    const read = (name: string) => {
      const request = decodeRequest(encode(batchWith({ name, kind: "histogram", points })));
      return metricsIn(request)[name].histogram.dataPoints[0];
    };
    expect(read("m")).toMatchObject({ explicitBounds: [10, 20], bucketCounts: ["1", "1", "1"] });
    expect(read("empty").bucketCounts).toEqual(["3"]);
    expect(read("other").explicitBounds).toHaveLength(14);
  });

  it("does not mix up series that share one attributes object", () => {
    const attributes = Object.freeze({ a: "b" });
    const histogram = histogramOf([1, 2]);
    const metrics: MetricData[] = [
      {
        name: "h",
        kind: "histogram",
        unit: "s",
        description: "",
        points: [{ attributes, histogram }],
      },
      {
        name: "n",
        kind: "counter",
        unit: "s",
        description: "",
        points: [{ attributes, value: 1 }],
      },
    ];
    const encode = otlpEncoder();
    for (let i = 0; i < 2; i++) {
      const found = metricsIn(decodeRequest(encode({ ...batchOf([]), metrics })));
      const expected = [{ key: "a", value: { stringValue: "b" } }];
      expect(found.h.histogram.dataPoints[0].attributes).toEqual(expected);
      expect(found.n.sum.dataPoints[0].attributes).toEqual(expected);
    }
  });

  it("writes more than a first buffer holds, in messages of every length", () => {
    for (const count of [1, 63, 64, 65, 1000, 20_000]) {
      const points = Array.from({ length: count }, (_, i) => ({ attributes: { i }, value: i }));
      const request = decodeRequest(otlpEncoder()(batchWith({ kind: "gauge", points })));
      const { dataPoints } = metricsIn(request).m.gauge;
      expect(dataPoints).toHaveLength(count);
      expect(dataPoints.at(-1).asDouble).toBe(count - 1);
    }
  });

  it("gives way every few points, in either encoding", () => {
    const points = Array.from({ length: 1000 }, (_, i) => ({ attributes: { i }, value: i }));
    for (const Encoder of [ProtobufEncoder, JsonEncoder]) {
      const steps = new Encoder().encode(batchWith({ kind: "gauge", points }));
      let turns = 0;
      while (!steps.next().done) turns++;
      expect(turns).toBeGreaterThanOrEqual(15);
    }
  });
});

function withoutZeros(value: any): any {
  if (Array.isArray(value)) return value.map(withoutZeros);
  if (typeof value !== "object" || value === null) return value;
  const entries = Object.entries(value)
    .map(([key, each]) => [key, withoutZeros(each)])
    .filter(([key, each]) => {
      if (key === "asDouble" || key === "value" || String(key).endsWith("Value")) return true;
      const isEmpty = typeof each === "object" && Object.keys(each as object).length === 0;
      return each !== 0 && each !== "0" && each !== "" && !isEmpty;
    });
  return Object.fromEntries(entries);
}
