import { isAscii } from "node:buffer";

const CHUNK_BYTES = 65_536;
/** Most UTF-8 bytes of one UTF-16 unit. */
const MAX_BYTES = 3;
/** Digits of the largest count, and the end of its line. */
const MAX_COUNT_BYTES = 32;
const ZERO = 48;
const LINE_FEED = 10;

/**
 * A page as chunks of bytes. Text goes out of the heap as soon as it is written: strings that were
 * appended to one another would live as millions of pieces until the page is sent.
 */
export class Page {
  /**
   * V8 forgets the shape of a class, and all code it made fast for it, when the class has no instance
   * through some full collections. Between scrapes there would be none: pages then take twice as long.
   */
  static readonly kept = new Page();

  readonly #chunks: Buffer[] = [];
  #open = Buffer.allocUnsafe(CHUNK_BYTES);
  #used = 0;

  /** @param isAscii - known to be, which is faster */
  write(text: string, isAscii = false): void {
    this.#reserve(isAscii ? text.length : text.length * MAX_BYTES);
    this.#used += this.#open.write(text, this.#used, isAscii ? "latin1" : "utf8");
  }

  /**
   * Writes a line for each count: `before`, what ends its labels, the count. Nine in ten lines of a page
   * are buckets, so they are copied as bytes rather than put together as text.
   *
   * @param ends - one a count, in ASCII
   * @param counts - whole numbers from 0
   */
  writeCounts(
    before: string,
    isAscii: boolean,
    ends: readonly Uint8Array[],
    counts: Float64Array,
  ): void {
    const longest = ends.reduce((most, { length }) => Math.max(most, length), 0);
    const most = before.length * MAX_BYTES + longest + MAX_COUNT_BYTES;
    this.#reserve(ends.length * most);
    const bytes = this.#open;
    const start = this.#used;
    let at = start + bytes.write(before, start, isAscii ? "latin1" : "utf8");
    const length = at - start;
    for (let i = 0; i < ends.length; i++) {
      if (i > 0) {
        bytes.copyWithin(at, start, start + length);
        at += length;
      }
      const end = ends[i];
      for (let j = 0; j < end.length; j++) bytes[at++] = end[j];
      at = writeCount(bytes, at, counts[i]);
      bytes[at++] = LINE_FEED;
    }
    this.#used = at;
  }

  /** The chunks so far; the page is whole. */
  finish(): readonly Buffer[] {
    this.#next(0);
    return this.#chunks;
  }

  #reserve(bytes: number): void {
    if (this.#used + bytes > this.#open.length) this.#next(bytes);
  }

  #next(least: number): void {
    if (this.#used > 0) this.#chunks.push(this.#open.subarray(0, this.#used));
    this.#open = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, least));
    this.#used = 0;
  }
}

/** @returns the position behind the digits */
function writeCount(bytes: Buffer, at: number, count: number): number {
  if (count > 0x7fffffff) return at + bytes.write(String(count), at, "latin1");
  let rest = count | 0;
  let end = at + 1;
  for (let more = (rest / 10) | 0; more > 0; more = (more / 10) | 0) end++;
  for (let i = end - 1; i >= at; i--) {
    const above = (rest / 10) | 0;
    bytes[i] = ZERO + rest - above * 10;
    rest = above;
  }
  return end;
}

/** A page as text. No character is cut by the end of a chunk. */
export function textOf(chunks: readonly Buffer[]): string {
  return chunks.map((chunk) => chunk.toString(isAscii(chunk) ? "latin1" : "utf8")).join("");
}
