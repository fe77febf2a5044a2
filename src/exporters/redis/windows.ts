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
    /** Whether Redis may have some of it: then it must not be told of under another name. */
    public isTried: boolean,
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
 * Bounded: beyond its bytes, and where one is too old to be written, the oldest are folded into the next. Time
 * gets coarse then; nothing is lost. One that Redis may have taken without saying so is never folded, for it
 * would count twice; as long as it can be it is written again, and then given up.
 */
export class ClosedWindows {
  /** Windows that were folded into the next. */
  folded = 0;
  /** Windows of which nobody knows whether Redis took them. */
  abandoned = 0;
  #windows: ClosedWindow[] = [];

  constructor(private readonly maxBytes: number) {}

  add(window: ClosedWindow): void {
    const kept = this.#windows.filter(({ isSent }) => !isSent);
    this.#windows = [...kept, window];
    while (this.#windows.length > 1 && this.#bytes() > this.maxBytes) {
      // The newest has no next one.
      const older = this.#windows.slice(0, -1);
      this.moveOn(older.find(({ isTried }) => !isTried) ?? older[0]);
    }
  }

  /** Those that Redis has not. */
  unsent(): readonly ClosedWindow[] {
    return this.#windows.filter(({ isSent }) => !isSent);
  }

  /**
   * Folds what began before an instant, and gives up what can be neither written nor folded.
   *
   * @param instantMs - what began earlier is too old for others to look at it anew
   * @param expiredMs - what began earlier would expire at once
   * @returns what is left over when the newest is that old too: it belongs into the open window
   */
  foldBefore(instantMs: number, expiredMs: number): ClosedWindow | undefined {
    let leftOver: ClosedWindow | undefined;
    for (const window of this.unsent()) {
      const { startMs, isTried } = window;
      if (startMs >= (isTried ? expiredMs : instantMs)) continue;
      if (!this.moveOn(window)) leftOver = window;
    }
    return leftOver;
  }

  /**
   * Takes one out: into the next, unless Redis may have it.
   * @returns false when there is no next: it belongs into the open window
   */
  moveOn(window: ClosedWindow): boolean {
    const next = this.#windows[this.#windows.indexOf(window) + 1];
    this.#windows = this.#windows.filter((each) => each !== window);
    if (window.isTried) {
      this.abandoned++;
      return true;
    }
    this.folded++;
    next?.absorb(window);
    return next !== undefined;
  }

  /** Redis has lost what it took. */
  forget(): void {
    for (const window of this.#windows) window.isSent = false;
  }

  #bytes(): number {
    return this.#windows.reduce((sum, { bytes }) => sum + bytes, 0);
  }
}
