import type { Severity } from "../snapshot/events.js";

/** Something that happened to an alert. */
export interface HistoryEntry {
  /** Epoch ms. */
  readonly timeMs: number;
  readonly what:
    | "fired"
    | "resolved"
    | "kept-quiet"
    | "flapping"
    | "acknowledged"
    | "resolved-by-hand"
    | "comment"
    | "silence"
    | "marker"
    | "notice"
    | "digested"
    | "delivered"
    | "dropped";
  /** Of the alert, or of the notice. */
  readonly key: string;
  readonly rule?: string;
  readonly severity?: Severity;
  readonly text: string;
  readonly by?: string;
}

const MAX_ENTRIES = 1000;
const MAX_TEXT = 300;

/** What happened last, in order. */
export class History {
  /** Entries so far: changes with everything worth keeping. */
  count = 0;
  #entries: HistoryEntry[] = [];

  add(entry: HistoryEntry): void {
    this.count++;
    this.#entries.push(Object.freeze({ ...entry, text: entry.text.slice(0, MAX_TEXT) }));
    // Dropped in lumps: to shift a list of a thousand on each addition would cost a storm dearly.
    if (this.#entries.length >= 2 * MAX_ENTRIES) this.#entries = this.#entries.slice(-MAX_ENTRIES);
  }

  list(): readonly HistoryEntry[] {
    return this.#entries.slice(-MAX_ENTRIES);
  }

  restore(entries: readonly HistoryEntry[]): void {
    this.#entries = entries.slice(-MAX_ENTRIES);
  }
}
