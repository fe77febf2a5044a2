import { Accumulator } from "../../histogram/accumulator.js";
import { ClosedHistogram } from "../../histogram/closed-histogram.js";
import type { HistogramPoint, NumberPoint } from "../../snapshot/batch.js";
import { FramedHistogram } from "../../snapshot/framed-histogram.js";
import { difference } from "./difference.js";
import {
  decodeGauge,
  decodeHistogram,
  decodeNumber,
  encodeGauge,
  encodeHistogram,
  encodeNumber,
  type GaugeWindow,
  HEADER_BYTES,
  writeHead,
} from "./payload.js";
import { afterwards } from "./rollup-sum.js";
import type { Scratch } from "./scratch.js";

/**
 * What one series did: in the window that is open, and since it began. Readings go in as cumulative values,
 * payloads come out as absolute ones.
 */
export interface Value<P> {
  /** Takes the newest reading in. @returns whether the payload of the window is another one now */
  take(point: P): boolean;
  /** Of what adds up: whether a reading can only be of a new life, which counts from 0. */
  isRestart(point: P): boolean;
  /** A new life begins; what the old one did in the window stays in it. */
  restart(): void;
  /** Puts the payload of the open window together. */
  window(scratch: Scratch): void;
  /** The next window begins with the next reading. */
  roll(): void;
  /** Puts the payload of an older window into the open one. @returns whether there is anything to put */
  absorb(payload: Uint8Array): boolean;
  /** One payload for two windows, the older one first. */
  merged(older: Uint8Array, newer: Uint8Array): Uint8Array;
  /** What this life did before the open window; undefined while that is nothing. */
  total(): Buffer | undefined;
  /** What it did until now: all there will be of a life that has ended. */
  whole(): Buffer | undefined;
  /** Changes whenever the payload of `total` does. */
  readonly version: number;
}

export class HistogramValue implements Value<HistogramPoint> {
  #now: ClosedHistogram | undefined;
  /** The reading that the window began with; undefined is an empty one. */
  #base: ClosedHistogram | undefined;
  /** What the window holds beside `now − base`. */
  #beside: ClosedHistogram | undefined;

  get version(): number {
    return this.#base?.count ?? 0;
  }

  take({ histogram }: HistogramPoint): boolean {
    const isNew = histogram.count !== (this.#now?.count ?? 0);
    // An equal one lets go of the batch before.
    this.#now = histogram;
    return isNew;
  }

  isRestart({ histogram }: HistogramPoint): boolean {
    return this.#now !== undefined && histogram.count < this.#now.count;
  }

  restart(): void {
    const old = this.#inWindow();
    this.#beside = old?.count === 0 ? undefined : old;
    this.#now = undefined;
    this.#base = undefined;
  }

  window(scratch: Scratch): void {
    const now = this.#now;
    const base = this.#base;
    const isPlain = this.#beside === undefined && now !== undefined && base !== undefined;
    const since = isPlain && now instanceof FramedHistogram ? now.since(base) : undefined;
    if (since !== undefined) putHistogram(since, scratch);
    else if (isPlain && difference(now, base, scratch)) return;
    else scratch.set(encodeHistogram(this.#inWindow() as ClosedHistogram));
  }

  roll(): void {
    this.#base = this.#now;
    this.#beside = undefined;
  }

  absorb(payload: Uint8Array): boolean {
    this.#beside = sumOf([this.#decoded(payload), this.#beside], []);
    return this.#beside !== undefined;
  }

  merged(older: Uint8Array, newer: Uint8Array): Uint8Array {
    const both = sumOf([this.#decoded(older), this.#decoded(newer)], []);
    return both === undefined ? newer : encodeHistogram(both);
  }

  total(): Buffer | undefined {
    return this.#base && encodeHistogram(this.#base);
  }

  whole(): Buffer | undefined {
    return this.#now && encodeHistogram(this.#now);
  }

  #decoded(payload: Uint8Array): ClosedHistogram | undefined {
    const like = this.#now ?? this.#base ?? this.#beside;
    return like && decodeHistogram(payload, like.layout, like.scale);
  }

  #inWindow(): ClosedHistogram | undefined {
    return sumOf([this.#now, this.#beside], [this.#base]);
  }
}

/** `encodeHistogram`, in place. */
function putHistogram({ bytes, start, end, count }: ClosedHistogram, scratch: Scratch): void {
  scratch.reserve(HEADER_BYTES + end - start);
  Buffer.prototype.copy.call(bytes, scratch.bytes, HEADER_BYTES, start, end);
  scratch.start = writeHead(scratch.bytes, count);
  scratch.end = HEADER_BYTES + end - start;
}

function sumOf(
  added: readonly (ClosedHistogram | undefined)[],
  taken: readonly (ClosedHistogram | undefined)[],
): ClosedHistogram | undefined {
  const [like, ...more] = added.filter((each) => each !== undefined);
  const isAlone = more.length === 0 && taken.every((each) => each === undefined);
  if (like === undefined || isAlone) return like;
  const accumulator = new Accumulator(like.layout);
  for (const each of added) if (each !== undefined) accumulator.addClosed(each);
  for (const each of taken) if (each !== undefined) accumulator.addClosed(each, -1);
  const { layout, scale, bytes } = accumulator.take(like.scale);
  // Slots that were taken more often than added are left out, and so they must be of the count.
  let count = 0;
  const all = new ClosedHistogram(layout, scale, count, bytes);
  all.forEachSlot((_, each) => {
    count += each;
  });
  return new ClosedHistogram(layout, scale, count, bytes);
}

export class CounterValue implements Value<NumberPoint> {
  #now = 0;
  #base = 0;
  #beside = 0;

  get version(): number {
    return this.#base;
  }

  take({ value }: NumberPoint): boolean {
    const isNew = value !== this.#now;
    this.#now = value;
    return isNew;
  }

  isRestart({ value }: NumberPoint): boolean {
    return value < this.#now;
  }

  restart(): void {
    this.#beside += this.#now - this.#base;
    this.#now = 0;
    this.#base = 0;
  }

  window(scratch: Scratch): void {
    scratch.set(encodeNumber(this.#now - this.#base + this.#beside));
  }

  roll(): void {
    this.#base = this.#now;
    this.#beside = 0;
  }

  absorb(payload: Uint8Array): boolean {
    this.#beside += decodeNumber(payload) ?? 0;
    return true;
  }

  merged(older: Uint8Array, newer: Uint8Array): Uint8Array {
    return encodeNumber((decodeNumber(older) ?? 0) + (decodeNumber(newer) ?? 0));
  }

  total(): Buffer | undefined {
    return this.#base === 0 ? undefined : encodeNumber(this.#base);
  }

  whole(): Buffer | undefined {
    return encodeNumber(this.#now);
  }
}

/** A gauge, or an updown counter: each reading is a sample, and its total is the last one. */
export class GaugeValue implements Value<NumberPoint> {
  version = 0;
  #isMoved = false;
  #last = Number.NaN;
  /** Undefined unless the series is a saturation. */
  #saturation: number | undefined;
  #min = 0;
  #max = 0;
  #sum = 0;
  #samples = 0;
  /** NaN: none of the samples had a limit. */
  #saturationMax = Number.NaN;

  take({ value, saturation }: NumberPoint): boolean {
    const isFirst = this.#samples === 0;
    const isSame = Object.is(this.#last, value) && Object.is(this.#saturation, saturation);
    if (!isSame) this.#isMoved = true;
    this.#last = value;
    this.#saturation = saturation;
    this.#min = isFirst ? value : Math.min(this.#min, value);
    this.#max = isFirst ? value : Math.max(this.#max, value);
    this.#sum += value;
    this.#samples++;
    if (saturation !== undefined && !(saturation <= this.#saturationMax)) {
      if (!Number.isNaN(saturation)) this.#saturationMax = saturation;
    }
    // Another sample of what stands still changes neither mean nor extremes.
    return isFirst || !isSame || this.#min !== this.#max;
  }

  isRestart(): boolean {
    return false;
  }

  restart(): void {}

  window(scratch: Scratch): void {
    scratch.set(encodeGauge(this.#figures()));
  }

  roll(): void {
    if (this.#isMoved) this.version++;
    this.#isMoved = false;
    this.#sum = 0;
    this.#samples = 0;
    this.#saturationMax = Number.NaN;
  }

  /** What it was long ago says nothing of what it is. */
  absorb(): boolean {
    return false;
  }

  merged(older: Uint8Array, newer: Uint8Array): Uint8Array {
    const [before, now] = [decodeGauge(older), decodeGauge(newer)];
    return before === undefined || now === undefined ? newer : encodeGauge(afterwards(before, now));
  }

  /** A gauge has no past: its total is its last value. */
  total(): Buffer | undefined {
    return this.version === 0 ? undefined : this.whole();
  }

  whole(): Buffer | undefined {
    const last = this.#last;
    const saturation = this.#saturation;
    const gauge = { last, min: last, max: last, sum: last, samples: 1 };
    return encodeGauge(
      saturation === undefined ? gauge : { ...gauge, saturation, saturationMax: saturation },
    );
  }

  #figures(): GaugeWindow {
    const saturation = this.#saturation;
    const gauge = {
      last: this.#last,
      min: this.#min,
      max: this.#max,
      sum: this.#sum,
      samples: this.#samples,
    };
    return saturation === undefined
      ? gauge
      : { ...gauge, saturation, saturationMax: this.#saturationMax };
  }
}
