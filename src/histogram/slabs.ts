import type { Layout } from "./layout.js";

const SLAB_COUNTS = 65_536;

/**
 * One stretch of 32-bit counts that many recorders share.
 *
 * It begins with rows; a row holds, for each page of the layout, where that page lies in `counts`
 * (0: not there). Pages follow. Both are handed out in order and all given back at once, because
 * closing an interval empties every recorder; so there is no free list and no fragmentation.
 *
 * Invariant: whatever is not handed out is zero.
 */
export class Slab {
  readonly counts: Uint32Array;
  #nextRow = 0;
  #nextPage: number;
  readonly #firstPage: number;

  constructor(private readonly layout: Layout) {
    const page = layout.halfMask + 1;
    // Four pages a row: most operations spread over three or four octaves.
    const size = Math.max(SLAB_COUNTS, (layout.pages + 2) * page);
    const rows = Math.max(1, Math.floor(size / (layout.pages + 4 * page)));
    this.#firstPage = Math.ceil((rows * layout.pages) / page) * page;
    this.#nextPage = this.#firstPage;
    this.counts = new Uint32Array(Math.max(size, this.#firstPage + layout.pages * page));
  }

  /** Whether there is a row and so many pages; all that a recorder can hold fit into a fresh slab. */
  hasRoom(pages: number): boolean {
    const { layout } = this;
    return (
      this.#nextRow + layout.pages <= this.#firstPage &&
      this.#nextPage + pages * (layout.halfMask + 1) <= this.counts.length
    );
  }

  /** Offset of a fresh row, which there must be room for. */
  takeRow(): number {
    const row = this.#nextRow;
    this.#nextRow = row + this.layout.pages;
    return row;
  }

  /** Offset of a fresh page, 0 when there is none. */
  takePage(): number {
    const page = this.#nextPage;
    if (page + this.layout.halfMask + 1 > this.counts.length) return 0;
    this.#nextPage = page + this.layout.halfMask + 1;
    return page;
  }

  /** Takes back all rows and pages; the caller has zeroed them. */
  giveBack(): void {
    this.#nextRow = 0;
    this.#nextPage = this.#firstPage;
  }
}

/** All slabs of one layout, and the recorders that hold pages in them. */
export class Slabs<Holder> {
  /** A row of absent pages: what a recorder points at while it holds nothing. */
  readonly none: Uint32Array;
  /** Recorders written to in the open interval, in order of first write. */
  holders: Holder[] = [];
  readonly #slabs: Slab[] = [];
  #current = 0;

  constructor(readonly layout: Layout) {
    this.none = new Uint32Array(layout.pages);
  }

  get bytes(): number {
    return this.#slabs.reduce((sum, slab) => sum + slab.counts.byteLength, 0);
  }

  /** A slab that may have room; a new one when the last is full. */
  current(): Slab {
    if (this.#current === this.#slabs.length) this.#slabs.push(new Slab(this.layout));
    return this.#slabs[this.#current];
  }

  /** Moves on from a full slab. */
  next(): Slab {
    this.#current++;
    return this.current();
  }

  /** After every holder was emptied: the interval starts with all slabs free, less one that stood unused. */
  giveBack(): void {
    if (this.#slabs.length > this.#current + 1) this.#slabs.pop();
    for (const slab of this.#slabs) slab.giveBack();
    this.#current = 0;
  }
}
