import type { Layout } from "./layout.js";
import type { Slab, Slabs } from "./slabs.js";
import { MAX_ENTRY, type SparseWriter, writeCount, writeEmpty } from "./sparse.js";

/** More than any value that the fast path takes; a small integer, so that it is held in place. */
export const NEVER = 0x7fffffff;

/** What became of values that did not simply enter a slot. One per instrument. */
export class ValueTally {
  /** Finite values above the highest trackable one, recorded as that one. */
  clamped = 0;
  /** Values that entered nothing, by reason. */
  dropped = { notANumber: 0, negative: 0, infinite: 0 };
}

/** What all recorders of one instrument have in common. */
export interface RecorderShared {
  readonly layout: Layout;
  /** Layout units per recorded unit: 1000 when milliseconds go into a µs layout. */
  readonly scale: number;
  readonly tally: ValueTally;
  readonly slabs: Slabs<Recorder>;
  /**
   * Asked at the first record of each interval: the recorder that shall take the values, itself or
   * (when the series limit is reached) another one.
   */
  admit(recorder: Recorder): Recorder;
}

/**
 * The histogram that is being written.
 *
 * It holds pages only while its interval is open and something was recorded: `harvest` gives all of
 * them back, so an idle recorder owns no counts. All its pages lie in one slab, so that the hot path
 * indexes one typed array.
 */
export class Recorder {
  /** Identity among all recorders of a registry; −1 while not admitted. */
  id = -1;
  protected counts: Uint32Array;
  /** Offset in `counts` of this recorder's page table; points at zeros while nothing is held. */
  protected row = 0;
  private slab: Slab | undefined;
  /** Layout units from which `noted` is told of a value; only set by who overrides it. */
  protected noteFrom = NEVER;
  readonly layout: Layout;
  readonly scale: number;

  constructor(private readonly shared: RecorderShared) {
    this.layout = shared.layout;
    this.scale = shared.scale;
    this.counts = shared.slabs.none;
  }

  /**
   * Records one value into the open interval.
   *
   * Hot path: no allocation, no clock read.
   * @param value - in recorded units, rounded to whole layout units; above the highest trackable
   *   value: clamped and counted
   * @returns nothing. Never throws; what is not a finite number ≥ 0 is dropped and counted
   * @see HdrHistogram, AbstractHistogram.recordValue
   */
  record(value: number): void {
    const layout = this.layout;
    const scaled = typeof value === "number" ? value * this.scale : -1;
    if (scaled >= 0 && scaled < layout.fastBelow) {
      const units = (scaled + 0.5) | 0;
      const octave = layout.lowZeros - Math.clz32(units | layout.lowMask);
      const slot = (octave << layout.halfBits) + (units >>> (octave + layout.unitBits));
      const counts = this.counts;
      const page = counts[this.row + (slot >>> layout.halfBits)];
      if (page !== 0) counts[page + (slot & layout.halfMask)]++;
      else this.recordInNewPage(slot, value);
      if (units >= this.noteFrom) this.noted(value, units);
    } else {
      this.recordOutside(value, scaled);
    }
  }

  /** Told of a value that was recorded, from `noteFrom` up. */
  protected noted(_value: number, _units: number): void {}

  /** Empties this recorder into `out` (nothing but its counts). Cold. @returns the number of values */
  harvest(out: SparseWriter): number {
    const counts = this.counts;
    const { pages, halfBits, halfMask } = this.layout;
    const { row } = this;
    let total = 0;
    for (let index = 0; index < pages; index++) {
      const page = counts[row + index];
      if (page === 0) continue;
      counts[row + index] = 0;
      const slot = index << halfBits;
      total += drain(counts, page, halfMask + 1, slot, out);
    }
    out.finish();
    this.counts = this.shared.slabs.none;
    this.row = 0;
    this.slab = undefined;
    return total;
  }

  /** Whether nothing was recorded in the open interval. */
  get isEmpty(): boolean {
    return this.slab === undefined;
  }

  /** Adds the open interval's counts to a dense array, leaving them where they are. Cold. */
  peek(visit: (slot: number, count: number) => void): void {
    const counts = this.counts;
    const { pages, halfMask, halfBits } = this.layout;
    for (let index = 0; index < pages; index++) {
      const page = counts[this.row + index];
      if (page === 0) continue;
      for (let offset = 0; offset <= halfMask; offset++) {
        const count = counts[page + offset];
        if (count !== 0) visit((index << halfBits) + offset, count);
      }
    }
  }

  protected recordInNewPage(slot: number, value: number): void {
    if (this.slab === undefined) {
      const target = this.shared.admit(this);
      if (target !== this) {
        // By its slot, not by `record`: what was clamped or dropped is counted already.
        target.recordSlot(slot, value);
        const units = Math.min(Math.round(value * this.scale), NEVER - 1);
        if (units >= target.noteFrom) target.noted(value, units);
        return;
      }
    }
    this.addPage(slot >>> this.layout.halfBits);
    this.recordSlot(slot, value);
  }

  protected recordOutside(value: number, scaled: number): void {
    const { tally, layout } = this.shared;
    if (typeof value !== "number" || Number.isNaN(scaled)) tally.dropped.notANumber++;
    else if (scaled < 0)
      tally.dropped[scaled === Number.NEGATIVE_INFINITY ? "infinite" : "negative"]++;
    else if (scaled === Number.POSITIVE_INFINITY) tally.dropped.infinite++;
    else {
      const units = Math.round(scaled);
      if (units > layout.highest) tally.clamped++;
      this.recordSlot(layout.slotOf(Math.min(units, layout.highest)), value);
      if (this.noteFrom !== NEVER) this.noted(value, NEVER - 1);
    }
  }

  private recordSlot(slot: number, value: number): void {
    const page = this.counts[this.row + (slot >>> this.layout.halfBits)];
    if (page !== 0) this.counts[page + (slot & this.layout.halfMask)]++;
    else this.recordInNewPage(slot, value);
  }

  private addPage(index: number): void {
    if (this.slab === undefined) this.shared.slabs.holders.push(this);
    let page = this.slab?.takePage() ?? 0;
    if (page === 0) page = this.settle().takePage();
    this.counts[this.row + index] = page;
  }

  /** Takes a row where there is room for one page more than are held so far, and brings these along. */
  private settle(): Slab {
    const { slabs, layout } = this.shared;
    let held = 0;
    for (let index = 0; index < layout.pages; index++) {
      if (this.counts[this.row + index] !== 0) held++;
    }
    // Only a slab without room is left behind: a recorder that comes from a full one finds the current
    // one half empty as a rule.
    let home = slabs.current();
    while (!home.hasRoom(held + 1)) home = slabs.next();
    const row = home.takeRow();
    const from = this.counts;
    const { pages, halfMask } = this.layout;
    for (let index = 0; index < pages; index++) {
      const old = from[this.row + index];
      if (old === 0) continue;
      const page = home.takePage();
      home.counts.set(from.subarray(old, old + halfMask + 1), page);
      home.counts[row + index] = page;
      from.fill(0, old, old + halfMask + 1);
      from[this.row + index] = 0;
    }
    this.slab = home;
    this.counts = home.counts;
    this.row = row;
    return home;
  }
}

/** Moves the filled ones of `counts[page, page + size)`, which begin at `slot`, to `out`. @returns their sum */
function drain(
  counts: Uint32Array,
  page: number,
  size: number,
  slot: number,
  out: SparseWriter,
): number {
  const positions = out.positions(size);
  let filled = 0;
  // 1 is added where there is a count, 0 where not: a mispredicted branch per slot would cost more than
  // all the rest, and four slots a turn save a quarter. One interval never has 2³¹ of one value.
  for (let at = page, end = page + size; at < end; at += 4) {
    positions[filled] = at;
    filled += (0 - (counts[at] | 0)) >>> 31;
    positions[filled] = at + 1;
    filled += (0 - (counts[at + 1] | 0)) >>> 31;
    positions[filled] = at + 2;
    filled += (0 - (counts[at + 2] | 0)) >>> 31;
    positions[filled] = at + 3;
    filled += (0 - (counts[at + 3] | 0)) >>> 31;
  }
  out.reserve(filled * MAX_ENTRY);
  const { bytes } = out;
  let { length } = out;
  let next = out.next + page - slot;
  let total = 0;
  for (let i = 0; i < filled; i++) {
    const at = positions[i];
    const count = counts[at];
    counts[at] = 0;
    total += count;
    length = writeCount(bytes, writeEmpty(bytes, length, at - next), count);
    next = at + 1;
  }
  out.length = length;
  out.next = next - page + slot;
  return total;
}
