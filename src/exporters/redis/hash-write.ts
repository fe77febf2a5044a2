import { WRITE } from "./own-hash.js";
import type { Part } from "./payload.js";

/** Bytes of a field and its value beside their own, at most. */
const FRAME_BYTES = 40;
/** What stands before the number of keys, but for the number of arguments. */
const SCRIPT = `$4\r\nEVAL\r\n$${WRITE.length}\r\n${WRITE}\r\n$1\r\n1\r\n`;
/** Room for what stands before the fields, beside the key. */
const HEAD_BYTES = SCRIPT.length + 32;
const FIRST_BYTES = 4096;

/**
 * Many fields for a hash that is ours (see `WRITE`), in the form the command has on the wire.
 *
 * A client makes two strings, three buffers and an entry of a list out of each pair; that is four fifths of
 * what a series would cost here.
 * @see RESP, "Bulk strings"
 */
export class HashWrite {
  /** Fields so far. */
  fields = 0;
  #bytes: Buffer;
  #length: number;
  /** Where the fields begin; the rest of the command is put right before them. */
  readonly #first: number;

  /** @param expectedBytes - of all fields, so that it need not grow */
  constructor(
    readonly key: string,
    expectedBytes = FIRST_BYTES,
  ) {
    this.#first = HEAD_BYTES + Buffer.byteLength(key);
    this.#length = this.#first;
    this.#bytes = Buffer.allocUnsafe(this.#first + expectedBytes);
  }

  /** Bytes of all fields. */
  get size(): number {
    return this.#length - this.#first;
  }

  /**
   * Adds `bytes[start, end)` under a name of ASCII characters.
   * @returns where the value begins, for `value`
   */
  add(field: string, bytes: Uint8Array, start = 0, end = bytes.length): number {
    const size = end - start;
    this.#reserve(field.length + size + FRAME_BYTES);
    const out = this.#bytes;
    let at = writeLength(out, this.#length, field.length);
    for (let i = 0; i < field.length; i++) out[at++] = field.charCodeAt(i);
    at = writeLength(out, writeEnd(out, at), size);
    // A fifth of what `set` costs, which needs a view of the part.
    Buffer.prototype.copy.call(bytes, out, at, start, end);
    this.#length = writeEnd(out, at + size);
    this.fields++;
    return at;
  }

  /** Where a value that was added lies. */
  part(start: number, size: number): Part {
    return { bytes: this.#bytes, start, end: start + size };
  }

  /** A value that was added, in place. */
  value(start: number, size: number): Uint8Array {
    return this.#bytes.subarray(start, start + size);
  }

  /** The whole command, in place. */
  encoded(): Buffer {
    const { key, fields } = this;
    const head = `*${4 + 2 * fields}\r\n${SCRIPT}$${Buffer.byteLength(key)}\r\n${key}\r\n`;
    const start = this.#first - Buffer.byteLength(head);
    this.#bytes.write(head, start);
    return this.#bytes.subarray(start, this.#length);
  }

  /** Fields and values one after the other, as a client takes them. */
  pairs(): Buffer[] {
    const all: Buffer[] = [];
    for (let at = this.#first; at < this.#length; ) {
      const end = this.#bytes.indexOf("\r\n", at);
      const size = Number(this.#bytes.toString("latin1", at + 1, end));
      all.push(this.#bytes.subarray(end + 2, end + 2 + size));
      at = end + 2 + size + 2;
    }
    return all;
  }

  #reserve(more: number): void {
    if (this.#length + more <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafe(Math.max(this.#bytes.length * 2, this.#length + more));
    this.#bytes.copy(grown, 0, 0, this.#length);
    this.#bytes = grown;
  }
}

const DOLLAR = 36;
const ZERO = 48;
const CR = 13;
const LF = 10;

/** `$12\r\n`. @returns the position behind it */
function writeLength(out: Uint8Array, position: number, length: number): number {
  let digits = 1;
  for (let rest = length; rest > 9; rest = (rest / 10) | 0) digits++;
  out[position] = DOLLAR;
  let rest = length;
  for (let at = position + digits; at > position; at--) {
    out[at] = ZERO + (rest % 10);
    rest = (rest / 10) | 0;
  }
  return writeEnd(out, position + digits + 1);
}

function writeEnd(out: Uint8Array, position: number): number {
  out[position] = CR;
  out[position + 1] = LF;
  return position + 2;
}
