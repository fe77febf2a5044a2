import { decodeTotal, encodeTotal } from "./payload.js";
import type { ProcessRecord } from "./process-record.js";
import { windowsOf } from "./rollup-raw.js";
import { TOTAL_EVERY_MS, totalSeries } from "./series.js";

/**
 * A field of totals that somebody else has added: what raw windows said of a series beyond its total, when
 * its process had fallen silent and they were about to expire. It counts while the total is the one it
 * was made for; a process that wakes up writes newer totals, and what was added is then in them.
 */
const ADDED = "~";

interface Added {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly payload: Buffer;
}

/** The hash of totals of one process, read. */
export class Totals {
  /** Series id and payload: one for each life of a series, and what was added. */
  readonly payloads: (readonly [id: string, payload: Buffer])[] = [];
  /** By series: what came before is in its payloads. */
  readonly #untilMs = new Map<string, number>();
  /** The same, without what was added. */
  readonly #ownUntilMs = new Map<string, number>();
  #newestMs = Number.NEGATIVE_INFINITY;

  /** @param fields - of the hash, without its marker */
  constructor(fields: Iterable<readonly [field: string, value: Buffer]>) {
    const added = new Map<string, Added>();
    for (const [field, value] of fields) {
      const total = decodeTotal(value);
      if (total === undefined) continue;
      const { untilMs } = total;
      const payload = total.payload as Buffer;
      if (field.startsWith(ADDED)) {
        const inner = decodeTotal(payload);
        if (inner === undefined) continue;
        const more = { sinceMs: untilMs, untilMs: inner.untilMs, payload: inner.payload as Buffer };
        added.set(field.slice(ADDED.length), more);
        continue;
      }
      const id = totalSeries(field);
      this.payloads.push([id, payload]);
      this.#ownUntilMs.set(id, Math.max(untilMs, this.#ownUntilMs.get(id) ?? 0));
      this.#newestMs = Math.max(this.#newestMs, untilMs);
    }
    for (const [id, untilMs] of this.#ownUntilMs) this.#untilMs.set(id, untilMs);
    for (const [id, { sinceMs, untilMs, payload }] of added) {
      if (sinceMs !== (this.#ownUntilMs.get(id) ?? 0)) continue;
      this.payloads.push([id, payload]);
      this.#untilMs.set(id, untilMs);
    }
  }

  /** Starts of raw windows, which are kept for `rawMs`, that may hold more than the totals do. */
  windowsBeyond(process: ProcessRecord, rawMs: number): number[] {
    const { seenMs } = process;
    const since = Math.max(seenMs - rawMs, this.#newestMs - 2 * TOTAL_EVERY_MS);
    return windowsOf(process, since, seenMs + 1);
  }

  /** Whether what a window holds of a series is not in its total. */
  isBeyond(id: string, windowStartMs: number): boolean {
    return windowStartMs >= (this.#untilMs.get(id) ?? 0);
  }

  /** The field and value that add what raw windows up to an instant say beyond the total of a series. */
  added(id: string, untilMs: number, payload: Buffer): readonly [field: string, value: Buffer] {
    const since = this.#ownUntilMs.get(id) ?? 0;
    return [`${ADDED}${id}`, encodeTotal(since, encodeTotal(untilMs, payload))];
  }
}
