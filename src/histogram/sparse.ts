/**
 * The closed form of a histogram: the counts payload of HdrHistogram V2, byte for byte.
 *
 * Slots in ascending order as ZigZag LEB128 numbers: `n > 0` is the count of one slot, `−n` a run of
 * n empty slots, `0` one empty slot. A busy second of one series is about 85 bytes.
 * @see HdrHistogram, AbstractHistogram.java (fillBufferFromCountsArray), ZigZagEncoding.java
 */
export class SparseWriter {
  bytes: Uint8Array;
  length = 0;
  /** The slot after the last one written. */
  next = 0;
  #filled = new Int32Array(1024);

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Drops what was written; the buffer stays. */
  reset(): void {
    this.length = 0;
    this.next = 0;
  }

  /** Makes room for `more` bytes beyond `length`. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** Scratch for the positions of filled slots among `size`, and one more. */
  positions(size: number): Int32Array {
    if (this.#filled.length <= size) this.#filled = new Int32Array(size + 1);
    return this.#filled;
  }

  /** Appends the count (≥ 1) of a slot, which lies behind those written before. */
  put(slot: number, count: number): void {
    this.reserve(MAX_ENTRY);
    const length = writeEmpty(this.bytes, this.length, slot - this.next);
    this.length = writeCount(this.bytes, length, count);
    this.next = slot + 1;
  }

  /** Ends a histogram: what follows begins at slot 0 again. */
  finish(): void {
    this.next = 0;
  }
}

/** Most bytes of one run of empty slots and the count behind it. */
export const MAX_ENTRY = 16;

/** Writes a run of empty slots, if there is one. @returns the position behind it */
export function writeEmpty(bytes: Uint8Array, position: number, slots: number): number {
  if (slots === 0) return position;
  if (slots > 64) return writeLeb(bytes, position, slots * 2 - 1);
  bytes[position] = slots === 1 ? 0 : (slots << 1) - 1;
  return position + 1;
}

/** Writes the count of one slot. @returns the position behind it */
export function writeCount(bytes: Uint8Array, position: number, count: number): number {
  if (count > 63) return writeLeb(bytes, position, count * 2);
  bytes[position] = count << 1;
  return position + 1;
}

/** Writes an unsigned LEB128 number. @returns the position behind it */
function writeLeb(bytes: Uint8Array, position: number, value: number): number {
  let at = position;
  let rest = value;
  while (rest >= 0x80000000) {
    bytes[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  while (rest > 127) {
    bytes[at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[at++] = rest;
  return at;
}

/** Reads unsigned LEB128 numbers at a moving position. */
export class SparseReader {
  position = 0;
  bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }

  number(): number {
    const first = this.bytes[this.position++];
    if (first < 128) return first;
    let value = first & 127;
    let byte: number;
    let weight = 128;
    do {
      byte = this.bytes[this.position++];
      value += (byte & 127) * weight;
      weight *= 128;
    } while (byte > 127);
    return value;
  }
}
