import type { KeptSeries } from "./kept-series.js";

/** What one entry takes beside its payload. */
const ENTRY_BYTES = 100;

/** A window that is over, with what each series did in it. */
export class ClosedWindow {
  bytes: number;

  constructor(
    readonly startMs: number,
    readonly entries: Map<KeptSeries, Uint8Array>,
    /** Whether Redis has all of it. */
    public isSent: boolean,
  ) {
    let length = 0;
    for (const payload of entries.values()) length += payload.length;
    // Together, so that a payload does not keep alive what it was sent with.
    const all = new Uint8Array(length);
    let at = 0;
    for (const [series, payload] of entries) {
      all.set(payload, at);
      entries.set(series, all.subarray(at, at + payload.length));
      at += payload.length;
    }
    this.bytes = length + ENTRY_BYTES * entries.size;
  }

  /** Takes an older window in: from now on its values are dated here. */
  absorb(older: ClosedWindow): void {
    this.isSent = false;
    for (const [series, payload] of older.entries) {
      const own = this.entries.get(series);
      const both = own === undefined ? payload : series.value.merged(payload, own);
      this.entries.set(series, both);
      this.bytes += own === undefined ? both.length + ENTRY_BYTES : both.length - own.length;
    }
  }
}

/**
 * Windows that are over, oldest first: the last one, so that a Redis that lost everything gets it again, and
 * those that Redis has not taken yet.
 *
 * Bounded: beyond its bytes, and where they are too old to be written, the oldest are folded into the next
 * one. Time gets coarse then; nothing is lost.
 */
export class ClosedWindows {
  /** Windows that were folded into the next. */
  folded = 0;
  #windows: ClosedWindow[] = [];

  constructor(private readonly maxBytes: number) {}

  add(window: ClosedWindow): void {
    const kept = this.#windows.filter(({ isSent }) => !isSent);
    this.#windows = [...kept, window];
    while (this.#windows.length > 1 && this.#bytes() > this.maxBytes) this.#fold();
  }

  /** Those that Redis has not. */
  unsent(): readonly ClosedWindow[] {
    return this.#windows.filter(({ isSent }) => !isSent);
  }

  /**
   * Folds what began before an instant.
   * @returns what is left over when the newest is that old too: it belongs into the open window
   */
  foldBefore(instantMs: number): ClosedWindow | undefined {
    const isOld = ({ startMs, isSent }: ClosedWindow) => startMs < instantMs && !isSent;
    while (this.#windows.length > 1 && isOld(this.#windows[0])) this.#fold();
    const [oldest] = this.#windows;
    if (oldest === undefined || !isOld(oldest)) return undefined;
    this.folded++;
    this.#windows.shift();
    return oldest;
  }

  /** Redis has lost what it took. */
  forget(): void {
    for (const window of this.#windows) window.isSent = false;
  }

  #fold(): void {
    const [oldest, next] = this.#windows;
    next.absorb(oldest);
    this.#windows.shift();
    this.folded++;
  }

  #bytes(): number {
    return this.#windows.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
