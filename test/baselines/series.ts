import type { Point } from "../../src/baselines/index.js";

export const MINUTE_MS = 60_000;
export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
/** A Monday, 0 o'clock. */
export const MONDAY = Date.UTC(2026, 5, 1);

export type Random = () => number;

/** Numbers in [0, 1), the same for the same seed (mulberry32). */
export function random(seed: number): Random {
  let state = seed * 7919;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Standard normal numbers. */
export function normal(seed: number): Random {
  const next = random(seed);
  return () => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
}

export function points(
  count: number,
  stepMs: number,
  valueAt: (at: number, timeMs: number) => number,
  startMs = MONDAY,
): Point[] {
  return Array.from({ length: count }, (_, at) => {
    const timeMs = startMs + at * stepMs;
    return { timeMs, value: valueAt(at, timeMs) };
  });
}

/** People's day: 1 on average, low at night. */
export function day(timeMs: number): number {
  return 1 + 0.8 * Math.sin((((timeMs / HOUR_MS) % 24) - 9) * (Math.PI / 12));
}

/** Half of it on Saturdays and Sundays. */
export function week(timeMs: number): number {
  const dayOfWeek = Math.floor(timeMs / DAY_MS + 3) % 7;
  return day(timeMs) * (dayOfWeek >= 5 ? 0.5 : 1);
}
