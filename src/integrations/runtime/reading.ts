import type { Reading } from "./probe.js";

type Attributes = Reading["attributes"];

/** How full something is, or how long it makes wait; nothing to say yet. */
export function gauge(
  name: string,
  unit: string,
  description: string,
  attributes?: Attributes,
): Reading {
  return { ...level(name, unit, description, attributes), isSaturation: true };
}

/** A level that says nothing of saturation: a size, an age. */
export function level(
  name: string,
  unit: string,
  description: string,
  attributes?: Attributes,
): Reading {
  const value = Number.NaN;
  return { name, unit, description, kind: "gauge", attributes, value, saturation: undefined };
}

/** A cumulative total that begins at 0, or at what its source has counted so far. */
export function counter(
  name: string,
  unit: string,
  description: string,
  attributes?: Attributes,
): Reading {
  return { name, unit, description, kind: "counter", attributes, value: 0, saturation: undefined };
}

/** A distribution, of values that come in between two samples. */
export function histogram(
  name: string,
  unit: string,
  description: string,
  attributes: Attributes,
): Reading & { readonly values: number[] } {
  return { name, unit, description, kind: "histogram", attributes, values: [], value: 0 };
}

/** Sets a gauge whose value is its own saturation. */
export function setShare(reading: Reading, share: number): void {
  reading.saturation = saturation(share);
  reading.value = share;
}

/** Sets a gauge that has a limit. */
export function setOf(reading: Reading, value: number, limit: number): void {
  reading.value = value;
  reading.saturation = saturation(ratio(value, limit));
}

/** A gauge with nothing to say; a counter keeps its total. */
export function silence(reading: Reading): void {
  if (reading.kind === "gauge") reading.value = Number.NaN;
  reading.saturation = undefined;
}

/** `part / whole`; NaN where that means nothing. */
export function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : Number.NaN;
}

/** A ratio as a saturation: 0…1, or undefined where it means nothing. */
export function saturation(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : Math.min(1, Math.max(0, value));
}
