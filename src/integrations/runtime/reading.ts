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

/** The same where the semantic conventions have an up-down counter: bytes and threads add up. */
export function addsUp(reading: Reading): Reading {
  return { ...reading, isUpDown: true };
}

/** The total of a source that counts; nothing read yet. */
export function counter(
  name: string,
  unit: string,
  description: string,
  attributes?: Attributes,
): Reading {
  const value = Number.NaN;
  return { name, unit, description, kind: "counter", attributes, value, saturation: undefined };
}

/** What its own probe counts, from 0 on. */
export function tally(
  name: string,
  unit: string,
  description: string,
  attributes?: Attributes,
): Reading {
  return { ...counter(name, unit, description, attributes), value: 0, isFromZero: true };
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

/**
 * Takes a source's total; what is no number leaves the last one standing.
 *
 * @returns what it grew by; NaN the first time and where it shrank, for that is a new beginning
 */
export function advance(counter: Reading, total: number): number {
  if (!(total >= 0)) return Number.NaN;
  const grown = total - counter.value;
  counter.value = total;
  return grown >= 0 ? grown : Number.NaN;
}

/** `part / whole`; NaN where that means nothing. */
export function ratio(part: number, whole: number): number {
  return whole > 0 ? part / whole : Number.NaN;
}

/** A ratio as a saturation: 0…1, or undefined where it means nothing. */
export function saturation(value: number): number | undefined {
  return Number.isNaN(value) ? undefined : Math.min(1, Math.max(0, value));
}
