import { Slices } from "../../time/slices.js";
import { type Claim, Claims } from "./claims.js";
import { RedisFault } from "./fault.js";
import { HashWrite } from "./hash-write.js";
import type { KeptSeries } from "./kept-series.js";
import type { Keys } from "./keys.js";
import { FIELDS, type Ledger } from "./ledger.js";
import { Outbox } from "./outbox.js";
import { LOST } from "./own-hash.js";
import { encodeTotal } from "./payload.js";
import type { ProcessRecord } from "./process-record.js";
import type { RedisConnection } from "./redis-connection.js";
import { PROCESS_TTL_MS, TOTAL_EVERY_MS } from "./series.js";
import type { ClosedWindow } from "./windows.js";

export interface WriterOptions {
  readonly connection: RedisConnection;
  readonly keys: Keys;
  readonly ledger: Ledger;
  /** What the registry says of this process; the rest changes with each flush. */
  readonly process: Pick<ProcessRecord, "id" | "pid" | "host" | "thread" | "startMs" | "windowMs">;
  readonly service: string;
  readonly rawMs: number;
  /** How long the index of services lives: as long as any roll-up. */
  readonly longestMs: number;
  readonly tally: { foreign: number; lost: number };
}

/** One flush. */
export interface Moment {
  /** Epoch ms. */
  readonly nowMs: number;
  readonly intervalMs: number;
  /** Set when this is the last one. */
  readonly endedMs?: number;
}

/**
 * Writes down what a ledger holds and Redis has not: in one pipeline, beside one that asks for keys that
 * are new.
 *
 * A hash is asked for before it is written to, so a foreign one is never touched; to ask again renews its
 * time to live and tells when Redis has lost it. Then everything that is kept in memory is written anew, and
 * so it is after replies were lost: one of them may have told of such a loss.
 */
export class Writer {
  readonly #claims = new Claims();
  readonly #raw: (startMs: number) => string;
  readonly #key: Readonly<
    Record<"series" | "total" | "exemplars" | "processes" | "services", string>
  >;
  /** Redis has told that it lost something. */
  #isLost = false;
  /** Replies were lost, and among them perhaps one that told so. */
  #isUnsure = false;
  /** Start of the window that totals were written at last. */
  #totalsAt = Number.NEGATIVE_INFINITY;
  #indexedAt = Number.NEGATIVE_INFINITY;
  /** `seenMs` of the last record that Redis may have. */
  #recordedAt = Number.NEGATIVE_INFINITY;
  #late: Pick<ProcessRecord, "lateMs" | "lateAtMs"> = {};

  constructor(private readonly options: WriterOptions) {
    const { keys, service, process } = options;
    this.#raw = (startMs) => keys.raw(service, process.id, startMs);
    this.#key = {
      series: keys.series(service, process.id),
      total: keys.total(service, process.id),
      exemplars: keys.exemplars(service, process.id),
      processes: keys.processes(service),
      services: keys.services(),
    };
  }

  /** @returns what went wrong, if anything did; what Redis took all the same is not written again */
  async write(moment: Moment, signal: AbortSignal): Promise<RedisFault | undefined> {
    if (this.#isUnsure) this.#startOver();
    const fault = await this.#pass(moment, signal);
    if (!this.#isLost && fault?.name !== LOST) return fault;
    this.options.tally.lost++;
    this.#startOver();
    return this.#pass(moment, signal);
  }

  /** Everything is written anew. */
  #startOver(): void {
    this.options.ledger.forget();
    this.#claims.clear();
    this.#totalsAt = Number.NEGATIVE_INFINITY;
    this.#indexedAt = Number.NEGATIVE_INFINITY;
  }

  async #pass(moment: Moment, signal: AbortSignal): Promise<RedisFault | undefined> {
    const { ledger, connection } = this.options;
    this.#isLost = false;
    const outbox = new Outbox(connection, signal);
    const windows = ledger.closed.unsent();
    const unsent = ledger.open.filter(({ isSent }) => !isSent);
    const { startMs } = ledger;
    const isTotalDue = startMs - this.#totalsAt >= TOTAL_EVERY_MS || moment.endedMs !== undefined;
    const isIndexDue = moment.nowMs - this.#indexedAt >= TOTAL_EVERY_MS;
    const undescribed = ledger.undescribed();
    const traced = ledger.series.filter(hasNewExemplars);

    const own: Claim[] = windows.map((each) => this.#rawClaim(each.startMs, moment));
    if (unsent.length > 0) own.push(this.#rawClaim(startMs, moment));
    own.push({ key: this.#key.series, ttlMs: PROCESS_TTL_MS });
    own.push({ key: this.#key.total, ttlMs: PROCESS_TTL_MS });
    if (traced.length > 0) own.push({ key: this.#key.exemplars, ttlMs: PROCESS_TTL_MS });
    const shared = [{ key: this.#key.processes, ttlMs: PROCESS_TTL_MS }];
    const index = [{ key: this.#key.services, ttlMs: this.options.longestMs }];
    const groups = isIndexDue ? [own, shared, index] : [own, shared];
    const isNew = ({ key }: Claim) => !this.#claims.isOurs(key);
    const fresh = groups.map((claims) => claims.filter(isNew));
    const known = groups.map((claims) => claims.filter((claim) => !isNew(claim)));
    for (const claims of fresh) await this.#claim(claims, outbox);
    await outbox.send();
    if (outbox.isBroken) {
      this.#isUnsure = true;
      return outbox.fault;
    }
    for (const claims of known) await this.#claim(claims, outbox);

    await this.#put(this.#key.series, undescribed, describe, outbox, (series) => {
      series.describedIn = ledger.epoch;
    });
    for (const each of windows) await this.#putClosed(each, moment, outbox);
    await this.#putOpen(unsent, outbox);
    if (isTotalDue) await this.#putTotals(outbox);
    await this.#put(this.#key.exemplars, traced, exemplarsOf, outbox, (series) => {
      series.exemplarsSent = series.exemplars?.at(-1)?.timeMs ?? 0;
    });
    // Who reads the registry may take it that the windows before are complete.
    if (connection.isCluster) await outbox.send();
    await this.#record(moment, outbox);
    if (isIndexDue) await this.#index(moment, outbox);
    await outbox.send();
    this.#isUnsure = outbox.isBroken;
    return outbox.fault;
  }

  #rawClaim(startMs: number, { nowMs }: Moment): Claim {
    const { process, rawMs } = this.options;
    const ttlMs = Math.max(1000, startMs + process.windowMs + rawMs - nowMs);
    return { key: this.#raw(startMs), ttlMs };
  }

  async #claim(claims: readonly Claim[], outbox: Outbox): Promise<void> {
    if (claims.length === 0) return;
    const { connection, tally } = this.options;
    await outbox.add(this.#claims.command(claims), (reply) => {
      const { lost, foreign } = this.#claims.answered(claims, reply);
      if (lost.length > 0) this.#isLost = true;
      for (const key of foreign) {
        tally.foreign++;
        const text = `somebody else's value lies under the key ${key}, and stays as it is`;
        outbox.fail(new RedisFault("foreign_value", `${connection.where}: ${text}`));
      }
    });
  }

  /** Writes a field of each series into a hash of ours. */
  async #put(
    key: string,
    all: readonly KeptSeries[],
    pair: (series: KeptSeries) => readonly [field: string, value: Uint8Array],
    outbox: Outbox,
    done: (series: KeptSeries) => void,
  ): Promise<void> {
    const slices = new Slices();
    let expectedBytes: number | undefined;
    for (let at = 0; at < all.length; at += FIELDS) {
      if (outbox.isBroken || !this.#claims.isOurs(key)) return;
      const part = all.slice(at, at + FIELDS);
      const write = new HashWrite(key, expectedBytes);
      for (const series of part) write.add(...pair(series));
      expectedBytes = write.size;
      await outbox.add(write, () => part.forEach(done));
      await slices.pause();
    }
  }

  /** Most of it stands ready; what an earlier flush could not send is put together again. */
  async #putOpen(unsent: readonly KeptSeries[], outbox: Outbox): Promise<void> {
    const { ledger } = this.options;
    const { writes, startMs } = ledger;
    const key = this.#raw(startMs);
    if (!this.#claims.isOurs(key) || unsent.length === 0) return;
    ledger.isTried = true;
    const ready = new Set(unsent.map(({ write }) => write));
    for (const write of writes) {
      if (!ready.has(write)) continue;
      await outbox.add(write, () => {
        for (const series of unsent) if (series.write === write) series.isSent = true;
      });
    }
    const isReady = new Set<HashWrite | undefined>(writes);
    const rest = unsent.filter(({ write }) => !isReady.has(write));
    const pair = (series: KeptSeries) => [series.id, series.payload] as const;
    await this.#put(key, rest, pair, outbox, (series) => {
      series.isSent = true;
    });
  }

  async #putClosed(window: ClosedWindow, { nowMs }: Moment, outbox: Outbox): Promise<void> {
    const { startMs, entries } = window;
    const key = this.#raw(startMs);
    if (!this.#claims.isOurs(key)) {
      this.options.ledger.moveOn(window);
      return;
    }
    if (startMs + this.options.process.windowMs <= this.#recordedAt) {
      // The registry has said already that this window is complete; its next record takes that back.
      this.#late = { lateMs: Math.min(this.#late.lateMs ?? startMs, startMs), lateAtMs: nowMs };
    }
    window.isTried = true;
    let left = entries.size;
    const pair = (series: KeptSeries) => [series.id, entries.get(series) as Uint8Array] as const;
    await this.#put(key, [...entries.keys()], pair, outbox, () => {
      if (--left > 0) return;
      window.isSent = true;
      this.#claims.drop(key);
    });
  }

  async #putTotals(outbox: Outbox): Promise<void> {
    const { ledger } = this.options;
    const { startMs, epoch } = ledger;
    let left = 1;
    const written = (): void => {
      if (--left === 0) this.#totalsAt = startMs;
    };
    const key = this.#key.total;
    for (const [field, total] of ledger.pastTotals()) {
      if (!this.#claims.isOurs(key)) return;
      left++;
      await outbox.add(["HSET", key, field, encodeTotal(startMs, total.payload)], () => {
        total.sentIn = epoch;
        written();
      });
    }
    const due = ledger.series.filter(({ value: { version }, totalSent, totalIn }) => {
      return version !== 0 && (version !== totalSent || totalIn !== epoch);
    });
    left += due.length;
    const pair = (series: KeptSeries) =>
      [
        series.totalField,
        encodeTotal(startMs, series.value.total(ledger.scratch) as Uint8Array),
      ] as const;
    await this.#put(key, due, pair, outbox, (series) => {
      series.totalSent = series.value.version;
      series.totalIn = epoch;
      written();
    });
    if (this.#claims.isOurs(key)) written();
  }

  async #record(moment: Moment, outbox: Outbox): Promise<void> {
    if (!this.#claims.isOurs(this.#key.processes)) return;
    const { process, rawMs } = this.options;
    const { nowMs, intervalMs, endedMs } = moment;
    if (nowMs - (this.#late.lateAtMs ?? nowMs) > rawMs) this.#late = {};
    const record: ProcessRecord = {
      ...process,
      seenMs: nowMs,
      intervalMs,
      ...this.#late,
      ...(endedMs !== undefined && { endedMs }),
    };
    // Whether or not its reply arrives.
    this.#recordedAt = nowMs;
    const command = ["HSET", this.#key.processes, process.id, JSON.stringify(record)] as const;
    await outbox.add(command, () => {});
  }

  async #index({ nowMs }: Moment, outbox: Outbox): Promise<void> {
    if (!this.#claims.isOurs(this.#key.services)) return;
    const { service } = this.options;
    await outbox.add(["HSET", this.#key.services, service, nowMs], () => {
      this.#indexedAt = nowMs;
    });
  }
}

function describe({ id, descriptor }: KeptSeries): readonly [string, Buffer] {
  return [id, Buffer.from(JSON.stringify(descriptor))];
}

function hasNewExemplars({ exemplars, exemplarsSent }: KeptSeries): boolean {
  return (exemplars?.at(-1)?.timeMs ?? 0) > exemplarsSent;
}

function exemplarsOf({ id, exemplars }: KeptSeries): readonly [string, Buffer] {
  return [id, Buffer.from(JSON.stringify(exemplars))];
}
