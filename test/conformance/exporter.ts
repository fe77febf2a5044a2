import { describe, expect, it } from "vitest";
import { Accumulator } from "../../src/histogram/accumulator.js";
import { Layout } from "../../src/histogram/layout.js";
import type { ExportResult, MetricBatch, MetricExporter } from "../../src/index.js";

/** A batch of every kind of point; `values` go into one histogram, in seconds. */
export function batchOf(values: readonly number[], at = 1_700_000_000_000): MetricBatch {
  const layout = new Layout();
  const accumulator = new Accumulator(layout);
  for (const seconds of values) accumulator.addSlot(layout.slotOf(Math.round(seconds * 1e6)), 1);
  const histogram = accumulator.take(1e6);
  return {
    resource: { attributes: { "service.name": "conformance" } },
    incarnation: { id: "1-a-b", startTimeMs: at - 60_000 },
    temporality: "cumulative",
    from: at - 60_000,
    to: at,
    metrics: [
      {
        name: "http.server.request.duration",
        kind: "histogram",
        unit: "s",
        description: "Duration of HTTP server requests.",
        points: [
          { attributes: { "http.route": "/users/:id", "http.request.method": "GET" }, histogram },
        ],
      },
      {
        name: "jobs.done",
        kind: "counter",
        unit: "{job}",
        description: "",
        points: [{ attributes: {}, value: 3 }],
      },
      {
        name: "pool.used",
        kind: "gauge",
        unit: "1",
        description: "",
        points: [{ attributes: { odd: '"\\\n{}' }, value: 0.5 }],
      },
      { name: "empty", kind: "counter", unit: "1", description: "", points: [] },
    ],
  };
}

const STATUSES = new Set<ExportResult["status"]>(["success", "retryable", "failure"]);

/** What every push exporter keeps, whatever it speaks. Run it against yours. */
export function exporterConforms(name: string, make: () => MetricExporter): void {
  describe(`${name} keeps the exporter contract`, () => {
    it("has a name", () => {
      expect(make().name).toMatch(/^\S+$/);
    });

    it("answers its temporality, without changing anything", () => {
      const exporter = make();
      const first = exporter.temporality?.("histogram") ?? "cumulative";
      expect(["cumulative", "delta"]).toContain(first);
      expect(exporter.temporality?.("histogram") ?? "cumulative").toBe(first);
    });

    it("takes full, empty and pointless batches, and answers with a known status", async () => {
      const exporter = make();
      const { signal } = new AbortController();
      for (const batch of [
        batchOf([0.001, 0.2, 3]),
        batchOf([]),
        { ...batchOf([]), metrics: [] },
      ]) {
        expect(STATUSES).toContain((await exporter.export(batch, signal)).status);
      }
      await exporter.shutdown?.();
    });

    it("leaves the batch as it was", async () => {
      const exporter = make();
      const batch = batchOf([0.001, 0.2]);
      const before = JSON.stringify(batch);
      await exporter.export(batch, new AbortController().signal);
      expect(JSON.stringify(batch)).toBe(before);
      await exporter.shutdown?.();
    });

    it("does not reject when it is aborted before it began", async () => {
      const exporter = make();
      const abort = new AbortController();
      abort.abort();
      expect(STATUSES).toContain((await exporter.export(batchOf([1]), abort.signal)).status);
      await exporter.shutdown?.();
    });

    it("flushes and shuts down as often as it is asked", async () => {
      const exporter = make();
      await exporter.forceFlush?.();
      await exporter.shutdown?.();
      await exporter.shutdown?.();
    });
  });
}
