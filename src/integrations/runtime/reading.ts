import type { Reading } from "./probe.js";

/** A level, with nothing to say yet. */
export function gauge(name: string, unit: string, description: string): Reading {
  return { name, unit, description, kind: "gauge", value: Number.NaN, saturation: undefined };
}

/** A cumulative total that begins at 0. */
export function counter(
  name: string,
  unit: string,
  description: string,
  attributes: Readonly<Record<string, string>>,
): Reading {
  return { name, unit, description, kind: "counter", attributes, value: 0, saturation: undefined };
}

/** `part / whole`; NaN where that means nothing. */
export function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : Number.NaN;
}

/** A ratio as a saturation: 0…1, or undefined where it means nothing. */
export function saturation(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : Math.min(1, Math.max(0, value));
}
