import fc from "fast-check";
import { expect, it } from "vitest";
import { Ledger } from "../../../src/exporters/redis/ledger.js";
import { ClosedHistogram } from "../../../src/histogram/index.js";
import type { MetricExporter } from "../../../src/index.js";
import type { MetricBatch, MetricData } from "../../../src/snapshot/batch.js";
import { manualMonitor } from "../../helpers/monitor.js";

const WINDOW_MS = 10_000;

function ledger(): Ledger {
  const rawKey = (startMs: number) => `raw:${startMs}`;
  return new Ledger({ windowMs: WINDOW_MS, rawMs: 900_000, maxBytes: 1 << 24, rawKey });
}

/** The same batch, of histograms that know nothing of each other. */
function plain(batch: MetricBatch): MetricBatch {
  const metrics = batch.metrics.map((metric) => {
    if (metric.kind !== "histogram") return metric;
    const points = metric.points.map((point) => {
      const { layout, scale, count, bytes } = point.histogram;
      return { ...point, histogram: new ClosedHistogram(layout, scale, count, bytes.slice()) };
    });
    return { ...metric, points };
  });
  return { ...batch, metrics: metrics as MetricData[] };
}

/** All that it has to say, by window and by total. */
function said(of: Ledger): Record<string, string> {
  const found: Record<string, string> = {};
  const put = (where: string | number, id: string, payload: Uint8Array | undefined): void => {
    if (payload !== undefined) found[`${where} ${id}`] = Buffer.from(payload).toString("hex");
  };
  for (const { startMs, entries } of of.closed.unsent()) {
    for (const [{ id }, payload] of entries) put(startMs, id, payload);
  }
  for (const { id, payload } of of.open) put(of.startMs, id, payload);
  for (const { totalField, value } of of.series) put("total", totalField, value.total(of.scratch));
  for (const [field, { payload }] of of.pastTotals()) put("past", field, payload);
  return found;
}

function take(into: Ledger, batch: MetricBatch): void {
  for (const _ of into.take(batch));
}

const steps = fc.array(
  fc.record({
    values: fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 400 })), { maxLength: 12 }),
    passMs: fc.oneof(
      fc.constantFrom(0, 250, 500, 1000, 5000, 10_000),
      fc.integer({ min: 1, max: 30_000 }),
      fc.constantFrom(70_000, 400_000, 4_000_000),
    ),
    isFlushed: fc.boolean(),
    isLost: fc.nat(9).map((n) => n === 0),
  }),
  { minLength: 1, maxLength: 60 },
);

it("windows and totals of a monitor are those of its readings, byte for byte, however it flushes", async () => {
  await fc.assert(
    fc.asyncProperty(steps, async (all) => {
      let last: MetricBatch | undefined;
      const exporter: MetricExporter = {
        name: "held",
        temporality: () => "cumulative",
        async export(batch) {
          last = batch;
          return { status: "success" };
        },
      };
      const exporters = [{ exporter, intervalMs: 86_400_000 }];
      const { auspex, clock } = manualMonitor({
        exporters,
        detectors: false,
        idleSeriesMs: 3_900_000,
      });
      const work = auspex.histogram("work", { unit: "s" });
      const [own, other] = [ledger(), ledger()];
      for (const { values, passMs, isFlushed, isLost } of all) {
        for (const [route, ms] of values) work.record(ms / 1000, { route });
        clock.advance(passMs);
        if (!isFlushed) continue;
        await auspex.forceFlush();
        take(own, last as MetricBatch);
        take(other, plain(last as MetricBatch));
        expect(said(own)).toEqual(said(other));
        if (isLost) for (const each of [own, other]) each.forget();
      }
      await auspex.shutdown({ timeoutMs: 1 });
    }),
    { numRuns: 40 },
  );
});
