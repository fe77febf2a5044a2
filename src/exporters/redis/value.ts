import { Accumulator } from "../../histogram/accumulator.js";
import { ClosedHistogram } from "../../histogram/closed-histogram.js";
import type { HistogramPoint, NumberPoint } from "../../snapshot/batch.js";
import { FramedHistogram } from "../../snapshot/framed-histogram.js";
import { difference } from "./difference.js";
import {
  countIn,
  decodeGauge,
  decodeHistogram,
  decodeNumber,
  encodeGauge,
  encodeHistogram,
  encodeNumber,
  type GaugeWindow,
  HEADER_BYTES,
  type Part,
  slotsFrom,
  writeHead,
} from "./payload.js";
import { afterwards } from "./rollup-sum.js";
import type { Scratch } from "./scratch.js";
import { MOST_VALUES, type SlotSum } from "./slot-sum.js";

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
  /**
   * Puts the payload of the open window together.
   *
   * @param said - where the last one for the same window lies, if there is one
   */
  window(scratch: Scratch, said?: Part): void;
  /** The next window begins with the next reading. */
  roll(): void;
  /** Puts the payload of an older window into the open one. @returns whether there is anything to put */
  absorb(payload: Uint8Array): boolean;
  /** One payload for two windows, the older one first. */
  merged(older: Uint8Array, newer: Uint8Array): Uint8Array;
  /** What this life did before the open window, until the next call; undefined while that is nothing. */
  total(scratch: Scratch): Uint8Array | undefined;
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
  /** The reading up to which the last payload of this window tells; undefined when it is of no use. */
  #said: FramedHistogram | undefined;
  /** The total up to a reading, as it was said last; of framed ones, which keep no batch alive. */
  #total: { readonly of: FramedHistogram; readonly payload: Uint8Array } | undefined;

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
    this.#said = undefined;
    this.#total = undefined;
  }

  window(scratch: Scratch, last?: Part): void {
    const now = this.#now;
    const said = this.#said;
    this.#said = now instanceof FramedHistogram ? now : undefined;
    if (now === undefined) {
      scratch.set(encodeHistogram(this.#inWindow() as ClosedHistogram));
      return;
    }
    if (last !== undefined && said !== undefined && advance(last, said, now, scratch)) return;
    const base = this.#base;
    if (this.#beside === undefined && base !== undefined) {
      if (advance(undefined, base, now, scratch) || difference(now, base, scratch)) return;
    }
    scratch.set(encodeHistogram(this.#inWindow() as ClosedHistogram));
  }

  roll(): void {
    this.#base = this.#now;
    this.#beside = undefined;
    this.#said = undefined;
  }

  absorb(payload: Uint8Array): boolean {
    this.#beside = sumOf([this.#decoded(payload), this.#beside], []);
    this.#said = undefined;
    return this.#beside !== undefined;
  }

  merged(older: Uint8Array, newer: Uint8Array): Uint8Array {
    const both = sumOf([this.#decoded(older), this.#decoded(newer)], []);
    return both === undefined ? newer : encodeHistogram(both);
  }

  total(scratch: Scratch): Uint8Array | undefined {
    const base = this.#base;
    if (base === undefined) return undefined;
    const last = this.#total;
    if (last?.of === base) return last.payload;
    const isAdvanced = last !== undefined && advance(whole(last.payload), last.of, base, scratch);
    if (!isAdvanced) scratch.set(encodeHistogram(base));
    // With bytes of its own: what lies in a pool keeps all of it alive.
    const payload = scratch.bytes.slice(scratch.start, scratch.end);
    this.#total = base instanceof FramedHistogram ? { of: base, payload } : undefined;
    return payload;
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

function whole(bytes: Uint8Array): Part {
  return { bytes, start: 0, end: bytes.length };
}

/**
 * Puts together what a payload says, and beside it what came between two readings.
 *
 * @param last - tells of everything up to `from`; nothing when there is none
 * @returns false when they are no such readings
 */
function advance(
  last: Part | undefined,
  from: ClosedHistogram,
  to: ClosedHistogram,
  scratch: Scratch,
): boolean {
  if (!(to instanceof FramedHistogram && from instanceof FramedHistogram)) return false;
  if (!to.isAlike(from)) return false;
  const { sum } = scratch;
  const count = to.count - from.count + (last === undefined ? 0 : countIn(last.bytes, last.start));
  if (count > MOST_VALUES) return false;
  const { added, removed } = to.frame.since(from.frame);
  sum.reserve(to.layout.slots);
  if (last !== undefined) sum.add(last.bytes, slotsFrom(last.bytes, last.start), last.end);
  for (const block of added) addBlock(sum, block, to.id);
  for (const block of removed) addBlock(sum, block, to.id, -1);
  scratch.reserve(HEADER_BYTES + sum.room);
  scratch.end = sum.drain(scratch.bytes, HEADER_BYTES);
  scratch.start = writeHead(scratch.bytes, count);
  return sum.drained === count;
}

type Block = FramedHistogram["frame"]["blocks"][number];

function addBlock(sum: SlotSum, block: Block, id: number, sign: 1 | -1 = 1): void {
  const position = block.positionOf(id);
  if (position < 0) return;
  const { starts, payload } = block;
  sum.add(payload, starts[position], starts[position + 1], sign);
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

  total(): Uint8Array | undefined {
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
  total(): Uint8Array | undefined {
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
