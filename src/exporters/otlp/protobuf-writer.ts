const TWO_32 = 2 ** 32;
const TWO_64 = 2n ** 64n;
/** Longest varint of a 64-bit number. */
const MAX_VARINT = 10;

/**
 * Protobuf's wire format into one growing buffer. A message's length stands before it and is known
 * after it: `open` leaves room, `close` fills it in and moves the message when the guess was wrong.
 * @see Protocol Buffers, encoding
 */
export class ProtobufWriter {
  private bytes: Buffer;
  private view: DataView;
  length = 0;

  constructor(capacity = 1024) {
    // Not zeroed: only what was written leaves this class.
    this.bytes = Buffer.allocUnsafeSlow(capacity);
    this.view = viewOf(this.bytes);
  }

  /** What was written; later writes may change it. */
  finish(): Buffer {
    return this.bytes.subarray(0, this.length);
  }

  /** A byte as it is: a tag below 128, or a small number. */
  byte(value: number): void {
    if (this.length === this.bytes.length) this.grow(1);
    this.bytes[this.length++] = value;
  }

  /** @param value - a whole number, 0 … 2^53 */
  varint(value: number): void {
    if (this.length + MAX_VARINT > this.bytes.length) this.grow(MAX_VARINT);
    this.put(value);
  }

  /** The first `length` of `values`, whole numbers, one after the other. */
  varints(values: Float64Array, length: number): void {
    if (this.length + MAX_VARINT * length > this.bytes.length) this.grow(MAX_VARINT * length);
    const { bytes } = this;
    let at = this.length;
    for (let i = 0; i < length; i++) {
      const value = values[i];
      if (value < 128) {
        bytes[at++] = value;
        continue;
      }
      this.length = at;
      this.put(value);
      at = this.length;
    }
    this.length = at;
  }

  /** @param value - a whole number that fits into 64 bits with its sign */
  int64(value: number): void {
    if (value >= 0 && value <= Number.MAX_SAFE_INTEGER) {
      this.varint(value);
      return;
    }
    let rest = BigInt(value);
    if (rest < 0n) rest += TWO_64;
    for (; rest > 127n; rest >>= 7n) this.byte(Number(rest & 127n) | 128);
    this.byte(Number(rest));
  }

  /** ZigZag: small numbers of either sign are short. */
  sint32(value: number): void {
    this.varint(((value << 1) ^ (value >> 31)) >>> 0);
  }

  /** @param value - a whole number, 0 … 2^53 */
  fixed64(value: number): void {
    if (this.length + 8 > this.bytes.length) this.grow(8);
    this.view.setUint32(this.length, value >>> 0, true);
    this.view.setUint32(this.length + 4, value < TWO_32 ? 0 : value / TWO_32, true);
    this.length += 8;
  }

  /** @param decimal - digits of a number below 2^64 */
  fixed64Of(decimal: string): void {
    if (this.length + 8 > this.bytes.length) this.grow(8);
    this.view.setBigUint64(this.length, BigInt(decimal), true);
    this.length += 8;
  }

  double(value: number): void {
    if (this.length + 8 > this.bytes.length) this.grow(8);
    this.view.setFloat64(this.length, value, true);
    this.length += 8;
  }

  /** As `fixed64`, in the place of a smaller one that begins at `at`. */
  fixed64At(at: number, value: number): void {
    this.view.setUint32(at, value >>> 0, true);
    if (value >= TWO_32) this.view.setUint32(at + 4, value / TWO_32, true);
  }

  /** As `double`, in the place of another one. */
  doubleAt(at: number, value: number): void {
    this.view.setFloat64(at, value, true);
  }

  /** A few bytes, those from `from` on, in the place of others; the first of all would stand at `at`. */
  rawAt(at: number, bytes: Uint8Array, from: number): void {
    for (let i = from; i < bytes.length; i++) this.bytes[at + i] = bytes[i];
  }

  /** A length and the text in UTF-8; a lone surrogate becomes U+FFFD. */
  text(value: string): void {
    // No UTF-16 unit takes more than three bytes.
    const most = value.length * 3;
    if (this.length + MAX_VARINT + most > this.bytes.length) this.grow(MAX_VARINT + most);
    const at = this.open();
    this.length += this.bytes.write(value, this.length);
    this.close(at);
  }

  raw(bytes: Uint8Array): void {
    if (this.length + bytes.length > this.bytes.length) this.grow(bytes.length);
    this.bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /**
   * Begins a message.
   * @param room - bytes its length will take, as a guess
   * @returns what `close` needs
   */
  open(room = 1): number {
    if (this.length + room > this.bytes.length) this.grow(room);
    this.length += room;
    return this.length;
  }

  /** Ends the message that began at `at`, for which `room` bytes were left. */
  close(at: number, room = 1): void {
    let size = this.length - at;
    const needed = size < 128 ? 1 : Math.ceil((32 - Math.clz32(size)) / 7);
    if (needed !== room) {
      if (this.length + needed - room > this.bytes.length) this.grow(needed - room);
      this.bytes.copyWithin(at + needed - room, at, this.length);
      this.length += needed - room;
    }
    let position = at - room;
    for (; size > 127; size >>>= 7) this.bytes[position++] = (size & 127) | 128;
    this.bytes[position] = size;
  }

  /** A varint for which there is room. */
  private put(value: number): void {
    let rest = value;
    for (; rest >= TWO_32; rest = Math.floor(rest / 128)) {
      this.bytes[this.length++] = (rest % 128) | 128;
    }
    for (rest >>>= 0; rest > 127; rest >>>= 7) this.bytes[this.length++] = (rest & 127) | 128;
    this.bytes[this.length++] = rest;
  }

  private grow(more: number): void {
    const bytes = Buffer.allocUnsafeSlow(Math.max(this.bytes.length * 2, this.length + more));
    bytes.set(this.bytes.subarray(0, this.length));
    this.bytes = bytes;
    this.view = viewOf(bytes);
  }
}

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
