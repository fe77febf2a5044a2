const CHUNK_BYTES = 65_536;
/** Most UTF-8 bytes of one UTF-16 unit. */
const MAX_BYTES = 3;

/**
 * A page as chunks of bytes. Text goes out of the heap as soon as it is written: strings that were
 * appended to one another would live as millions of pieces until the page is sent.
 */
export class Page {
  readonly #chunks: Buffer[] = [];
  #open = Buffer.allocUnsafe(CHUNK_BYTES);
  #used = 0;

  write(text: string): void {
    if (this.#used + text.length * MAX_BYTES > this.#open.length)
      this.#next(text.length * MAX_BYTES);
    this.#used += this.#open.write(text, this.#used);
  }

  /** The chunks so far; the page is whole. */
  finish(): readonly Buffer[] {
    this.#next(0);
    return this.#chunks;
  }

  #next(least: number): void {
    if (this.#used > 0) this.#chunks.push(this.#open.subarray(0, this.#used));
    this.#open = Buffer.allocUnsafe(Math.max(CHUNK_BYTES, least));
    this.#used = 0;
  }
}
