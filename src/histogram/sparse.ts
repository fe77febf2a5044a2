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
  #empty = 0;

  constructor(capacity = 1024) {
    this.bytes = new Uint8Array(capacity);
  }

  /** Drops what was written; the buffer stays. */
  reset(): void {
    this.length = 0;
    this.#empty = 0;
  }

  /** Makes room for `more` bytes beyond `length`. Call before a batch of `put`/`skip`. */
  reserve(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(this.bytes.length * 2, this.length + more));
    grown.set(this.bytes.subarray(0, this.length));
    this.bytes = grown;
  }

  /** Passes over `slots` empty slots. */
  skip(slots: number): void {
    this.#empty += slots;
  }

  /** Appends the count (≥ 1) of the next slot. Needs up to 13 reserved bytes. */
  put(count: number): void {
    const empty = this.#empty;
    if (empty !== 0) {
      this.#empty = 0;
      if (empty === 1) this.bytes[this.length++] = 0;
      else this.#leb(empty * 2 - 1);
    }
    if (count < 64) this.bytes[this.length++] = count << 1;
    else this.#leb(count * 2);
  }

  /** Ends a histogram: trailing empty slots are not written. */
  finish(): void {
    this.#empty = 0;
  }

  /** Appends an unsigned LEB128 number. */
  number(value: number): void {
    this.#leb(value);
  }

  #leb(value: number): void {
    let rest = value;
    while (rest >= 0x80000000) {
      this.bytes[this.length++] = (rest % 128) | 128;
      rest = Math.floor(rest / 128);
    }
    while (rest > 127) {
      this.bytes[this.length++] = (rest & 127) | 128;
      rest >>>= 7;
    }
    this.bytes[this.length++] = rest;
  }
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
