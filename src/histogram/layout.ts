/** Options of one HDR layout. All values are integers in the layout's own unit (µs for durations). */
export interface LayoutOptions {
  /** Smallest value that must be told from its neighbours, ≥ 1. @default 1 */
  readonly lowest?: number;
  /** Largest value that is kept without clamping, ≥ 2 × lowest. @default 3_600_000_000 (1 h in µs) */
  readonly highest?: number;
  /** Significant decimal digits, 1 … 4. @default 2 */
  readonly significantDigits?: number;
}

const TWO_31 = 0x80000000;

/**
 * The exact HdrHistogram arrangement of slots: linear inside an octave, doubling between octaves.
 *
 * A slot is `(octave − base) × half + (value >>> octave)`; a page is the `half` slots of one octave
 * (the lowest octave has two). 1 µs … 1 h is 3,328 slots at two significant digits, 23,552 at three.
 * @see HdrHistogram, AbstractHistogram.java (init, countsArrayIndex)
 */
export class Layout {
  readonly lowest: number;
  readonly highest: number;
  readonly significantDigits: number;
  /** log2 of the unit that one slot of the lowest octave spans. */
  readonly unitBits: number;
  /** log2 of the slots in one page. */
  readonly halfBits: number;
  /** Slots in one page, less one. */
  readonly halfMask: number;
  /** Ored into a value so that everything in the lowest octave has the same leading zeros. */
  readonly lowMask: number;
  /** Leading zeros of a 32-bit value in the lowest octave. */
  readonly lowZeros: number;
  /** Pages; the counts array of HdrHistogram would have `pages << halfBits` entries. */
  readonly pages: number;
  readonly slots: number;
  /** Number of integers that share a slot, by page. */
  readonly widths: Float64Array;
  /** Values below this (and ≥ 0) take the 32-bit path; it never exceeds `highest` + ½. */
  readonly fastBelow: number;

  constructor(options: LayoutOptions = {}) {
    const lowest = options.lowest ?? 1;
    const highest = options.highest ?? 3_600_000_000;
    const digits = options.significantDigits ?? 2;
    const faults = layoutFaults(lowest, highest, digits);
    if (faults.length > 0) throw new RangeError(faults.join("; "));
    this.lowest = lowest;
    this.highest = highest;
    this.significantDigits = digits;
    const subBucketBits = Math.ceil(Math.log2(2 * 10 ** digits));
    this.halfBits = subBucketBits - 1;
    this.halfMask = (1 << this.halfBits) - 1;
    this.unitBits = Math.floor(Math.log2(lowest));
    this.lowMask = ((1 << subBucketBits) - 1) << this.unitBits;
    this.lowZeros = Math.clz32(this.lowMask);
    let octaves = 1;
    for (let end = 2 ** (subBucketBits + this.unitBits); end <= highest; end *= 2) octaves++;
    this.pages = octaves + 1;
    this.slots = this.pages << this.halfBits;
    this.widths = Float64Array.from({ length: this.pages }, (_, page) => {
      return 2 ** (Math.max(0, page - 1) + this.unitBits);
    });
    this.fastBelow = Math.min(highest + 0.5, TWO_31 - 1);
  }

  /** Slot of an integer 0 … highest. Cold twin of the arithmetic in `Recorder.record`. */
  slotOf(value: number): number {
    if (value < TWO_31) {
      const octave = this.lowZeros - Math.clz32(value | this.lowMask);
      return (octave << this.halfBits) + (value >>> (octave + this.unitBits));
    }
    // Beyond 32 bits: drop low bits first; they lie below the precision of the octave they fall in.
    const shift = 32 - Math.clz32(Math.floor(value / TWO_31));
    const octave = this.lowZeros - Math.clz32(Math.floor(value / 2 ** shift) | 0) + shift;
    return (octave << this.halfBits) + Math.floor(value / 2 ** (octave + this.unitBits));
  }

  /** Lowest value that falls into the slot. */
  lowestIn(slot: number): number {
    const page = slot >>> this.halfBits;
    const octave = page === 0 ? 0 : page - 1;
    return (slot - (octave << this.halfBits)) * this.widths[page];
  }

  /** Highest integer that falls into the slot: what HdrHistogram reports as a percentile. */
  highestIn(slot: number): number {
    return this.lowestIn(slot) + this.widths[slot >>> this.halfBits] - 1;
  }

  /** Middle of the slot: what HdrHistogram uses for means. */
  medianOf(slot: number): number {
    return this.lowestIn(slot) + Math.floor(this.widths[slot >>> this.halfBits] / 2);
  }

  /** Two layouts whose counts may be added slot by slot. */
  equals(other: Layout): boolean {
    return (
      this === other ||
      (this.lowest === other.lowest &&
        this.highest === other.highest &&
        this.significantDigits === other.significantDigits)
    );
  }
}

/** Every fault of the three numbers, in words; empty when they make a layout. */
export function layoutFaults(lowest: number, highest: number, digits: number): string[] {
  const faults: string[] = [];
  if (!Number.isInteger(digits) || digits < 1 || digits > 4) {
    faults.push(`significantDigits is ${digits}; give a whole number from 1 to 4`);
  }
  if (!Number.isInteger(lowest) || lowest < 1 || lowest > 2 ** 20) {
    faults.push(`lowest is ${lowest}; give a whole number from 1 to 1048576`);
  }
  if (!Number.isInteger(highest) || highest < 2 * lowest || highest > Number.MAX_SAFE_INTEGER) {
    faults.push(
      `highest is ${highest}; give a whole number from 2 × lowest to ${Number.MAX_SAFE_INTEGER}`,
    );
  }
  if (faults.length === 0 && lowest * 2 * 10 ** digits > 2 ** 30) {
    faults.push(
      `lowest ${lowest} with ${digits} significant digits needs more than 30 bits; lower one`,
    );
  }
  return faults;
}
