import { describe, expect, it } from "vitest";
import { memory } from "../../src/exporters/memory.js";
import { Checks } from "../../src/readers/checks.js";
import { resolveEntries } from "../../src/readers/entries.js";
import type { ExporterEntry } from "../../src/readers/exporter.js";

function timeoutOf(entry: Partial<ExporterEntry>, timeoutMs?: number): number | undefined {
  const checks = new Checks();
  const pace = { intervalMs: 60_000, isAsked: false, timeoutMs };
  const { push } = resolveEntries([{ exporter: memory(), ...entry }], pace, checks);
  expect(checks.faults).toEqual([]);
  return push[0]?.timeoutMs;
}

describe("the timeout of an export", () => {
  it("is the entry's, else the monitor's, else 30 s", () => {
    expect(timeoutOf({ timeoutMs: 700 }, 5000)).toBe(700);
    expect(timeoutOf({}, 5000)).toBe(5000);
    expect(timeoutOf({})).toBe(30_000);
  });

  it("is never longer than the interval", () => {
    expect(timeoutOf({ intervalMs: 1000, timeoutMs: 2000 })).toBe(1000);
    expect(timeoutOf({ intervalMs: 1000 }, 5000)).toBe(1000);
    expect(timeoutOf({}, 90_000)).toBe(60_000);
  });
});
