import { describe, expect, it } from "vitest";
import { Ledger } from "../../../src/exporters/redis/ledger.js";
import { decodeNumber } from "../../../src/exporters/redis/schema.js";
import type { MetricBatch } from "../../../src/snapshot/batch.js";
import { batchWith, numberMetric } from "../../../src/testing/index.js";
import { START } from "./harness.js";

const RAW_MS = 900_000;
const WINDOW_MS = 10_000;

function ledgerOf(maxBytes = 1 << 20): Ledger {
  const rawKey = (startMs: number) => `raw:${startMs}`;
  return new Ledger({ windowMs: WINDOW_MS, rawMs: RAW_MS, maxBytes, rawKey });
}

function batch(atMs: number, counts: Readonly<Record<string, number>>): MetricBatch {
  const metrics = Object.entries(counts).map(([name, count]) => {
    return numberMetric(name, "counter", count);
  });
  return batchWith(metrics, { to: START + atMs });
}

function take(ledger: Ledger, taken: MetricBatch): void {
  for (const _ of ledger.take(taken));
}

/** Every window that Redis has not, by seconds since the start: what each series did in it. */
function unsent(ledger: Ledger): Record<string, Record<string, number | undefined>> {
  const found: Record<string, Record<string, number | undefined>> = {};
  for (const { startMs, entries } of ledger.closed.unsent()) {
    const own = [...entries].map(([{ descriptor }, payload]) => {
      return [descriptor.name, decodeNumber(payload)];
    });
    found[(startMs - START) / 1000] = Object.fromEntries(own);
  }
  const open = ledger.open
    .filter(({ isSent }) => !isSent)
    .map(({ descriptor, payload }) => [descriptor.name, decodeNumber(payload)]);
  if (open.length > 0) found[(ledger.startMs - START) / 1000] = Object.fromEntries(open);
  return found;
}

describe("what a process has to say", () => {
  it("is dated in the middle of the interval it was recorded in", () => {
    const ledger = ledgerOf();
    take(ledger, batch(4000, { a: 1 }));
    take(ledger, batch(9000, { a: 2 }));
    // 9 … 13 s is mostly of the second window, 13 … 20 s of the same.
    take(ledger, batch(13_000, { a: 4 }));
    take(ledger, batch(20_000, { a: 8 }));
    expect(unsent(ledger)).toEqual({ 0: { a: 2 }, 10: { a: 6 } });
  });

  it("is dated no more than a window back after a long silence", () => {
    const ledger = ledgerOf();
    take(ledger, batch(0, { a: 1 }));
    take(ledger, batch(300_000, { a: 5 }));
    expect(unsent(ledger)).toEqual({ 0: { a: 1 }, 290: { a: 4 } });
  });

  it("does not overwrite windows it has forgotten when the clock is set back", () => {
    const ledger = ledgerOf();
    take(ledger, batch(100_000, { a: 1 }));
    take(ledger, batch(130_000, { a: 2 }));
    for (const each of ledger.closed.unsent()) each.isSent = true;
    take(ledger, batch(100_000, { a: 3 }));
    expect(ledger.startMs).toBe(START + 120_000);
    expect(unsent(ledger)).toEqual({ 120: { a: 2 } });
    // Those of an hour ago have expired.
    take(ledger, batch(-3_600_000, { a: 4 }));
    expect(ledger.startMs).toBe(START - 3_600_000);
    expect(unsent(ledger)).toEqual({ "-3600": { a: 1 }, 120: { a: 2 } });
  });

  it("is folded into the next window when it is too old to be written", () => {
    const ledger = ledgerOf();
    let count = 0;
    for (let at = 0; at <= RAW_MS; at += WINDOW_MS) take(ledger, batch(at, { a: ++count }));
    const windows = unsent(ledger);
    const starts = Object.keys(windows).map(Number);
    expect(Math.min(...starts)).toBe(RAW_MS / 2 / 1000);
    expect(Object.values(windows).reduce((sum, { a = 0 }) => sum + a, 0)).toBe(count);
    expect(ledger.closed.folded).toBe(RAW_MS / WINDOW_MS - starts.length);
  });

  it("goes into the open window when all of it is that old", () => {
    const ledger = ledgerOf();
    take(ledger, batch(0, { a: 3, b: 1 }));
    take(ledger, batch(RAW_MS, { a: 4 }));
    expect(unsent(ledger)).toEqual({ [RAW_MS / 1000 - 10]: { a: 4, b: 1 } });
    take(ledger, batch(RAW_MS + 1000, { a: 6, b: 2 }));
    expect(unsent(ledger)).toEqual({
      [RAW_MS / 1000 - 10]: { a: 4, b: 1 },
      [RAW_MS / 1000]: { a: 2, b: 1 },
    });
  });

  it("is never folded where Redis may have it already, but written again until it would expire", () => {
    const ledger = ledgerOf();
    take(ledger, batch(0, { a: 3 }));
    ledger.isTried = true;
    for (let at = WINDOW_MS; at < RAW_MS; at += WINDOW_MS) take(ledger, batch(at, { a: 4 }));
    expect(unsent(ledger)).toEqual({ 0: { a: 4 } });
    expect(ledger.closed.abandoned).toBe(0);
    take(ledger, batch(RAW_MS + 2 * WINDOW_MS, { a: 9 }));
    expect(unsent(ledger)).toEqual({ [(RAW_MS + WINDOW_MS) / 1000]: { a: 5 } });
    expect(ledger.closed).toMatchObject({ abandoned: 1, folded: 0 });
  });

  it("takes no more bytes than it may, and loses nothing of it", () => {
    const ledger = ledgerOf(1000);
    const counts: Record<string, number> = {};
    for (let at = 0; at < 40; at++) {
      counts[`s${at % 5}`] = at;
      take(ledger, batch(at * WINDOW_MS, counts));
    }
    const bytes = ledger.closed.unsent().reduce((sum, each) => sum + each.bytes, 0);
    expect(bytes).toBeLessThanOrEqual(1000);
    const sums: Record<string, number> = {};
    for (const window of Object.values(unsent(ledger))) {
      for (const [name, value] of Object.entries(window))
        sums[name] = (sums[name] ?? 0) + (value ?? 0);
    }
    expect(sums).toEqual(counts);
  });

  it("forgets series that are in no batch for long, and remembers their totals", () => {
    const ledger = ledgerOf();
    take(ledger, batch(0, { a: 1, gone: 7 }));
    for (let at = 0; at <= 3 * RAW_MS; at += 60_000) take(ledger, batch(at + 1, { a: 2 }));
    expect(ledger.series.map(({ descriptor }) => descriptor.name)).toEqual(["a"]);
    const past = [...ledger.pastTotals()].map(([, { series, payload }]) => [
      series.descriptor.name,
      decodeNumber(payload),
    ]);
    expect(past).toEqual([["gone", 7]]);
  });

  it("finds a series by its attributes, in whatever order they come", () => {
    const ledger = ledgerOf();
    for (const attributes of [
      { a: 1, b: 2 },
      { b: 2, a: 1 },
    ]) {
      take(ledger, batchWith([numberMetric("x", "counter", 3, attributes)], { to: START }));
    }
    expect(ledger.series.length).toBe(1);
    expect(unsent(ledger)).toEqual({ 0: { x: 3 } });
  });

  it("tells two instruments of one name and different units apart", () => {
    const ledger = ledgerOf();
    const seconds = { ...numberMetric("a", "counter", 1), unit: "s" };
    take(ledger, batchWith([seconds, numberMetric("a", "counter", 5)], { to: START }));
    expect(new Set(ledger.series.map(({ id }) => id)).size).toBe(2);
  });
});
