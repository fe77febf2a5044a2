import { describe, expect, it } from "vitest";
import { leak, type Series } from "../../src/baselines/index.js";
import { day, HOUR_MS, MINUTE_MS, normal, points, random } from "./series.js";

const MEGABYTE = 2 ** 20;

/** A heap: a floor, and garbage on it that is collected now and then. */
function heap(hours: number, floorAt: (hour: number) => number, seed = 1): Series {
  const next = random(seed);
  let garbage = 0;
  return points(hours * 60, MINUTE_MS, (i) => {
    garbage = garbage > 60 * next() + 20 ? 0 : garbage + 8 * next();
    return (floorAt(i / 60) + garbage) * MEGABYTE;
  });
}

describe("a leak", () => {
  it("is seen through garbage, with its pace and when it is full", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const series = heap(12, (hour) => 200 + 8 * hour, seed);
      const found = leak(series, { limit: 512 * MEGABYTE, unit: "By" });
      expect(found.leaking, `${seed}: ${found.reason}`).toBe(true);
      expect(found.perHour / MEGABYTE).toBeGreaterThan(7);
      expect(found.perHour / MEGABYTE).toBeLessThan(9);
      expect(found.lowerPerHour).toBeLessThanOrEqual(found.perHour);
      expect(found.upperPerHour).toBeGreaterThanOrEqual(found.perHour);
      const last = series.at(-1)?.timeMs ?? 0;
      expect(((found.fullAtMs ?? 0) - last) / HOUR_MS).toBeGreaterThan(20);
      expect(((found.fullAtMs ?? 0) - last) / HOUR_MS).toBeLessThan(34);
      expect(found.reason).toMatch(
        /^grows and gives nothing back: its floor went from .* an hour; full in /,
      );
    }
  });

  it("is none where garbage comes and goes, whatever its size", () => {
    for (let seed = 1; seed <= 50; seed++) {
      const found = leak(heap(12, () => 200, seed));
      expect(found.leaking, `${seed}: ${found.reason}`).toBe(false);
    }
  });

  it("is none where a cache fills up, or a morning's load comes", () => {
    for (let seed = 1; seed <= 20; seed++) {
      const cache = leak(heap(12, (hour) => 200 + 150 * (1 - Math.exp(-hour / 2)), seed));
      expect(cache.leaking, cache.reason).toBe(false);
      const days = leak(heap(72, (hour) => 200 + 100 * day(hour * HOUR_MS), seed));
      expect(days.leaking, days.reason).toBe(false);
      const noise = normal(seed);
      const walk = leak(points(720, MINUTE_MS, () => 100 + 10 * noise()));
      expect(walk.leaking, walk.reason).toBe(false);
    }
  });

  it("is none where it gave something back, or grew too little to matter", () => {
    expect(leak(heap(12, (hour) => 200 + 20 * (hour % 6))).leaking).toBe(false);
    const little = leak(heap(12, (hour) => 2000 + hour));
    expect(little.leaking).toBe(false);
    expect(little.growth).toBeLessThan(0.1);
    expect(leak(heap(12, (hour) => 200 - 8 * hour)).leaking).toBe(false);
  });

  it("takes evidence: time, and values in every part of it", () => {
    expect(leak(heap(1, (hour) => 200 + 100 * hour)).reason).toBe(
      "60 values over 59 min; a leak takes 48 over 2 h",
    );
    const holes = heap(12, (hour) => 200 + 8 * hour).filter((_, i) => i < 300 || i > 500);
    expect(leak(holes).leaking).toBe(false);
    expect(leak([]).leaking).toBe(false);
    expect(leak(points(100, 0, (i) => i)).leaking).toBe(false);
  });
});
