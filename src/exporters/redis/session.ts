import { Diag } from "../../diag/diag.js";
import type { ExporterOwner } from "../../readers/exporter.js";
import type { MetricBatch } from "../../snapshot/batch.js";
import { SystemClock } from "../../time/clock.js";
import { inSlices, Slices } from "../../time/slices.js";
import type { RedisFault } from "./fault.js";
import { processOf, serviceOf } from "./identity.js";
import type { Keys } from "./keys.js";
import { RedisLease } from "./lease.js";
import { Ledger } from "./ledger.js";
import type { ResolvedRedisOptions } from "./options.js";
import type { RedisConnection } from "./redis-connection.js";
import { ROLLUP_LEASE_MS, Rollups } from "./rollup.js";
import { longestKept } from "./rollup-steps.js";
import { Writer } from "./writer.js";

/** Gaps between flushes that the interval is taken from: a flush on demand comes early. */
const GAPS = 3;

/** What the writer met that nobody else counts, since the start. */
export interface WriteTally {
  /** Times a hash of somebody else lay where one of ours belongs. */
  foreign: number;
  /** Times Redis had lost what it took. */
  lost: number;
}

export interface SessionOptions {
  readonly options: ResolvedRedisOptions;
  readonly connection: RedisConnection;
  readonly keys: Keys;
  readonly owner: ExporterOwner;
  readonly diag?: Diag;
  readonly tally: WriteTally;
}

/** One process as it writes to Redis. */
export class Session {
  readonly ledger: Ledger;
  readonly #writer: Writer;
  readonly #rollups: Rollups;
  #gaps: readonly number[] = [];
  #lastMs: number | undefined;

  constructor({ options, connection, keys, owner, diag, tally }: SessionOptions) {
    const { windowMs, maxBufferedBytes, retention } = options;
    const service = serviceOf(owner);
    const process = processOf(owner, windowMs);
    this.ledger = new Ledger({
      windowMs,
      rawMs: retention.rawMs,
      maxBytes: maxBufferedBytes,
      rawKey: (startMs) => keys.raw(service, process.id, startMs),
    });
    this.#writer = new Writer({
      connection,
      keys,
      ledger: this.ledger,
      process,
      service,
      rawMs: retention.rawMs,
      longestMs: longestKept(retention),
      tally,
    });
    const lease = new RedisLease({
      connection,
      key: keys.lease(service, "rollups"),
      owner: process.id,
      ttlMs: ROLLUP_LEASE_MS,
    });
    this.#rollups = new Rollups({
      connection,
      keys,
      service,
      retention,
      lease,
      clock: new SystemClock(),
      diag: diag ?? new Diag(),
    });
  }

  /** Takes a cumulative batch in, and writes what Redis has not. */
  async export(batch: MetricBatch, signal: AbortSignal): Promise<RedisFault | undefined> {
    await inSlices(this.ledger.take(batch), new Slices(), signal);
    const gapMs = batch.to - (this.#lastMs ?? batch.to);
    if (gapMs > 0) this.#gaps = [gapMs, ...this.#gaps].slice(0, GAPS);
    this.#lastMs = batch.to;
    return this.#write(signal);
  }

  /** Everything to the end: what this process did is complete. */
  async finish(signal: AbortSignal): Promise<void> {
    if (this.#lastMs === undefined) return;
    this.ledger.finish();
    const fault = await this.#write(signal, this.#lastMs);
    // A Redis that does not answer is not waited for twice.
    if (fault === undefined || fault.isReply) await this.#rollups.release();
  }

  /** A step of the roll-ups, if it is this process's turn; nobody waits for it. Never rejects. */
  async rollUp(signal: AbortSignal): Promise<void> {
    try {
      await this.#rollups.step(signal);
    } catch {
      // It tells of its own faults, and whatever it left undone is done in the next step.
    }
  }

  #write(signal: AbortSignal, endedMs?: number): Promise<RedisFault | undefined> {
    const nowMs = this.#lastMs ?? 0;
    const intervalMs = Math.max(0, ...this.#gaps) || 5000;
    const moment = endedMs === undefined ? { nowMs, intervalMs } : { nowMs, intervalMs, endedMs };
    return this.#writer.write(moment, signal);
  }
}
