import { ClosedHistogram } from "../../histogram/closed-histogram.js";
import type { Layout } from "../../histogram/layout.js";

/**
 * Values of hash fields. The first byte says what follows:
 *
 * | byte | then |
 * | --- | --- |
 * | 1 | histogram: count (LEB128), then the V2 payload of `ClosedHistogram` as it is |
 * | 2 | whole number ≥ 0 (LEB128) |
 * | 3 | number (float64, big-endian) |
 * | 4 | gauge: flags, samples (LEB128), last, [min, max, sum], [saturation, its largest] (float64) |
 *
 * Nothing is compressed: deflate costs 20 µs a series and a busy window is about 100 bytes.
 */
const HISTOGRAM = 1;
const WHOLE = 2;
const FLOAT = 3;
const GAUGE = 4;

/** All samples were the same: min, max and sum follow from the last. */
const CONSTANT = 1;
/** It can run full: how full follows. */
const SATURATION = 2;
/** The value itself is the saturation. */
const IS_SATURATION = 4;

/** Most bytes of a header before a histogram's payload. */
export const HEADER_BYTES = 9;

/** A payload in place. */
export interface Part {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** What the samples of a gauge, or of an updown counter, were in a window. */
export interface GaugeWindow {
  readonly last: number;
  readonly min: number;
  readonly max: number;
  readonly sum: number;
  /** How many; `sum ÷ samples` is the mean. */
  readonly samples: number;
  /** 0…1, of the last sample; NaN where it has no limit; absent unless the series is a saturation. */
  readonly saturation?: number;
  /** The largest in the window. */
  readonly saturationMax?: number;
}

/** @returns a copy: header and payload */
export function encodeHistogram({ count, bytes, start, end }: ClosedHistogram): Buffer {
  const out = Buffer.allocUnsafe(HEADER_BYTES + end - start);
  const from = writeHead(out, count);
  out.set(bytes.subarray(start, end), HEADER_BYTES);
  return out.subarray(from);
}

/**
 * Writes the header of a histogram so that it ends at `HEADER_BYTES`, where its closed form begins.
 * @returns where the payload begins
 */
export function writeHead(out: Uint8Array, count: number): number {
  let bytes = 1;
  for (let rest = count; rest > 127; rest = Math.floor(rest / 128)) bytes++;
  const start = HEADER_BYTES - bytes - 1;
  out[start] = HISTOGRAM;
  writeWhole(out, start + 1, count);
  return start;
}

/** How many values there are in a histogram that was written here. @param start - of its header */
export function countIn(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  let count = 0;
  let weight = 1;
  for (; bytes[at] > 127; weight *= 128) count += (bytes[at++] & 127) * weight;
  return count + bytes[at] * weight;
}

/** Where the slots of a histogram begin. @param start - of its header */
export function slotsFrom(bytes: Uint8Array, start: number): number {
  let at = start + 1;
  while (bytes[at] > 127) at++;
  return at + 1;
}

/**
 * The histogram of a payload, in place: `bytes` must not change afterwards.
 *
 * @param layout - of the series' descriptor, as is `scale`
 * @returns undefined for what is no whole, well-formed histogram of that layout
 */
export function decodeHistogram(
  bytes: Uint8Array,
  layout: Layout,
  scale: number,
): ClosedHistogram | undefined {
  if (bytes[0] !== HISTOGRAM) return undefined;
  const reader = new Reader(bytes, 1);
  const count = reader.whole();
  const start = reader.at;
  let slot = 0;
  let seen = 0;
  while (reader.at < bytes.length) {
    const z = reader.whole();
    if (z % 2 === 1) slot += (z + 1) / 2;
    else {
      seen += z / 2;
      slot++;
    }
    if (!(slot <= layout.slots)) return undefined;
  }
  if (seen !== count) return undefined;
  return new ClosedHistogram(layout, scale, count, bytes, start);
}

export function encodeNumber(value: number): Buffer {
  if (Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0)) {
    const out = Buffer.allocUnsafe(HEADER_BYTES);
    out[0] = WHOLE;
    return out.subarray(0, writeWhole(out, 1, value));
  }
  const out = Buffer.allocUnsafe(9);
  out[0] = FLOAT;
  out.writeDoubleBE(value, 1);
  return out;
}

/** @returns undefined for what is no number */
export function decodeNumber(bytes: Uint8Array): number | undefined {
  const reader = new Reader(bytes, 1);
  let value: number;
  if (bytes[0] === WHOLE) value = reader.whole();
  else if (bytes[0] === FLOAT) value = reader.float();
  else return undefined;
  return Number.isNaN(value) || reader.at !== bytes.length ? undefined : value;
}

export function encodeGauge(gauge: GaugeWindow): Buffer {
  const { last, min, max, sum, samples, saturation, saturationMax } = gauge;
  const isConstant = min === last && max === last;
  const isFull = saturation !== undefined && !(saturation === last && isConstant);
  const floats = [last];
  if (!isConstant) floats.push(min, max, sum);
  if (isFull) floats.push(saturation, saturationMax ?? saturation);
  const out = Buffer.allocUnsafe(HEADER_BYTES + 1 + 8 * floats.length);
  out[0] = GAUGE;
  out[1] =
    (isConstant ? CONSTANT : 0) |
    (isFull ? SATURATION : saturation !== undefined ? IS_SATURATION : 0);
  let at = writeWhole(out, 2, samples);
  for (const value of floats) at = out.writeDoubleBE(value, at);
  return out.subarray(0, at);
}

/** @returns undefined for what is no gauge */
export function decodeGauge(bytes: Uint8Array): GaugeWindow | undefined {
  if (bytes[0] !== GAUGE) return undefined;
  const flags = bytes[1] ?? 0;
  const reader = new Reader(bytes, 2);
  const samples = reader.whole();
  const last = reader.float();
  const isConstant = (flags & CONSTANT) !== 0;
  const [min, max, sum] = isConstant
    ? [last, last, last * samples]
    : [reader.float(), reader.float(), reader.float()];
  const gauge = { last, min, max, sum, samples };
  const [saturation, saturationMax] =
    (flags & SATURATION) !== 0 ? [reader.float(), reader.float()] : [last, last];
  if (reader.at !== bytes.length || Number.isNaN(samples + last + min + max + sum))
    return undefined;
  const isSaturation = (flags & (SATURATION | IS_SATURATION)) !== 0;
  return isSaturation ? { ...gauge, saturation, saturationMax } : gauge;
}

/** A value of the hash of totals: up to when it counts (LEB128), and the payload. */
export interface Total {
  /** Epoch ms, the start of a window: what came before it is in the payload, what comes later is not. */
  readonly untilMs: number;
  readonly payload: Uint8Array;
}

export function encodeTotal(untilMs: number, payload: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(HEADER_BYTES + payload.length);
  const at = writeWhole(out, 0, untilMs);
  out.set(payload, at);
  return out.subarray(0, at + payload.length);
}

/** @returns undefined for what is no total; its payload is not looked into */
export function decodeTotal(bytes: Uint8Array): Total | undefined {
  const reader = new Reader(bytes, 0);
  const untilMs = reader.whole();
  if (Number.isNaN(untilMs)) return undefined;
  return { untilMs, payload: bytes.subarray(reader.at) };
}

/** Writes an unsigned LEB128 number. @returns the position behind it */
function writeWhole(out: Uint8Array, position: number, value: number): number {
  let at = position;
  let rest = value;
  while (rest > 127) {
    out[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  out[at++] = rest;
  return at;
}

/** Reads with every bound checked: beyond the end there is only NaN. */
class Reader {
  constructor(
    private readonly bytes: Uint8Array,
    public at: number,
  ) {}

  whole(): number {
    let value = 0;
    for (let weight = 1; weight <= Number.MAX_SAFE_INTEGER; weight *= 128) {
      const byte = this.bytes[this.at++];
      if (byte === undefined) return Number.NaN;
      value += (byte & 127) * weight;
      if (byte < 128) return Number.isSafeInteger(value) ? value : Number.NaN;
    }
    return Number.NaN;
  }

  float(): number {
    const { buffer, byteOffset, byteLength } = this.bytes;
    if (this.at + 8 > byteLength) {
      this.at = Number.POSITIVE_INFINITY;
      return Number.NaN;
    }
    const value = new DataView(buffer, byteOffset).getFloat64(this.at);
    this.at += 8;
    return value;
  }
}
