import type { MetricBatch } from "../../snapshot/batch.js";
import { HashWrite } from "./hash-write.js";
import { type KeptSeries, type MetricInfo, MetricSeries, type Point } from "./kept-series.js";
import { Scratch } from "./scratch.js";
import { SeriesIds } from "./series-ids.js";
import { ClosedWindow, ClosedWindows } from "./windows.js";

export interface LedgerOptions {
  readonly windowMs: number;
  readonly rawMs: number;
  /** Most bytes of windows, and of totals of series that are gone, that are kept. */
  readonly maxBytes: number;
  /** Key of the window that begins then. */
  readonly rawKey: (startMs: number) => string;
}

/** More than a command is expected to take. */
const ROOM_BYTES = 4096;

/** Points between two looks at the clock. */
const STEP = 16;

/** Fields of one command: Redis serves others in between. */
export const FIELDS = 500;

/** The total of a life that is over. */
interface PastTotal {
  readonly series: KeptSeries;
  readonly payload: Buffer;
  /** The end of the window that it ended in: until then its windows hold a part of it. */
  readonly endMs: number;
  /** The epoch in which Redis took it. */
  sentIn: number;
}

/**
 * What this process has to say, in absolute values, and how much of it Redis has acknowledged.
 *
 * Readings are cumulative, so what a window holds is the newest reading less the one it began with,
 * whatever became of the writes in between: to say it again is never to count it again.
 */
export class Ledger {
  /** Counts how often Redis lost what it had; what it took in an earlier epoch is gone. */
  epoch = 1;
  /** Points without a value that can be kept. */
  rejected = 0;
  /** Totals of series long gone that are no longer kept for a Redis that loses them. */
  forgotten = 0;
  readonly closed: ClosedWindows;
  readonly scratch = new Scratch();
  /** Series with something in the open window. */
  open: KeptSeries[] = [];
  /** Whether Redis may have some of the open window. */
  isTried = false;
  /** Every series that is or was, until it has been in no batch for long. */
  series: KeptSeries[] = [];
  /** The newest payloads of the open window, as commands that write them. */
  writes: HashWrite[] = [];
  #startMs: number | undefined;
  #batch: MetricBatch | undefined;
  #batches = 0;
  #lastToMs: number | undefined;
  readonly #metrics = new Map<string, MetricSeries>();
  /** What the largest command of the last batch took. */
  #expectedBytes = 0;
  readonly #ids = new SeriesIds();
  readonly #past = new Map<string, PastTotal>();
  #pastBytes = 0;
  /** When series that are in no batch any more are looked for, and the number of the batch then. */
  #pruned = { atMs: 0, batch: 0 };

  constructor(private readonly options: LedgerOptions) {
    this.closed = new ClosedWindows(options.maxBytes);
  }

  /** Start of the open window, epoch ms. */
  get startMs(): number {
    return this.#startMs ?? 0;
  }

  get endMs(): number {
    return this.startMs + this.options.windowMs;
  }

  /** Takes a cumulative batch in, a few points a step; the same one again changes nothing. */
  *take(batch: MetricBatch): Generator<void> {
    if (batch === this.#batch) return;
    this.#advance(batch.to);
    this.#batches++;
    this.#expectedBytes = Math.max(0, ...this.writes.map(({ size }) => size));
    this.writes = [];
    for (const metric of batch.metrics) {
      const known = this.#seriesOf(metric);
      let place = 0;
      for (const point of metric.points) {
        if (isKept(point)) this.#takePoint(known.at(place, point), point, batch.to);
        else this.rejected++;
        place++;
        if (place % STEP === 0) yield;
      }
      yield;
    }
    this.#batch = batch;
  }

  /** Closes the open window though it is not over: this process has nothing more to say. */
  finish(): void {
    if (this.#startMs !== undefined) this.#roll(this.endMs);
  }

  /** Dates a window that cannot be written where it belongs at the next one. */
  moveOn(window: ClosedWindow): void {
    if (!this.closed.moveOn(window)) this.#absorb(window);
  }

  /** Totals of lives that are over and that Redis has not: field and payload. */
  *pastTotals(): Generator<readonly [field: string, total: PastTotal]> {
    for (const entry of this.#past) {
      const [, { endMs, sentIn }] = entry;
      if (sentIn !== this.epoch && endMs <= this.startMs) yield entry;
    }
  }

  /** Series whose descriptors Redis has not, among all that anything is written of. */
  undescribed(): readonly KeptSeries[] {
    const isUnknown = ({ describedIn }: KeptSeries) => describedIn !== this.epoch;
    const found = new Set(this.series.filter(isUnknown));
    const gone = [...this.#past.values()].map(({ series }) => series);
    for (const { entries } of this.closed.unsent()) gone.push(...entries.keys());
    for (const series of gone) if (isUnknown(series)) found.add(series);
    return [...found];
  }

  /** Redis has lost what it took: everything is to be written again. */
  forget(): void {
    this.epoch++;
    this.closed.forget();
    for (const series of this.open) series.isSent = false;
  }

  #seriesOf(metric: MetricInfo): MetricSeries {
    const key = `${metric.kind} ${metric.unit} ${metric.name}`;
    let known = this.#metrics.get(key);
    if (known === undefined) {
      known = new MetricSeries(metric, this.#ids);
      this.#metrics.set(key, known);
    }
    return known;
  }

  #takePoint(series: KeptSeries, point: Point, atMs: number): void {
    if (series.isReborn(point)) {
      this.#bury(series);
      series.restart(point, atMs);
    }
    if (series.seenIn === 0) this.series.push(series);
    series.seenIn = this.#batches;
    if ("exemplars" in point) series.exemplars = point.exemplars;
    if (series.value.take(point)) this.#put(series);
  }

  #put(series: KeptSeries): void {
    if (series.write === undefined) this.open.push(series);
    let write = this.writes.at(-1);
    if (write === undefined || write.fields >= FIELDS) {
      write = new HashWrite(this.options.rawKey(this.startMs), this.#expectedBytes + ROOM_BYTES);
      this.writes.push(write);
    }
    series.put(this.scratch, write);
  }

  /**
   * Moves to the window that holds the middle of what is new: values of the whole interval are dated there.
   *
   * A clock that is set back does not reopen a window, for what it held is forgotten; only when those that
   * were written have expired does time go on from there.
   */
  #advance(toMs: number): void {
    const { windowMs, rawMs } = this.options;
    const fromMs = Math.min(toMs, this.#lastToMs ?? toMs);
    const middle = Math.max((fromMs + toMs) / 2, toMs - windowMs);
    const startMs = Math.floor(middle / windowMs) * windowMs;
    this.#lastToMs = toMs;
    this.#startMs ??= startMs;
    const isBack = startMs < this.#startMs;
    if (startMs === this.#startMs) return;
    if (isBack && this.#startMs - startMs <= rawMs + 2 * windowMs) return;
    this.#roll(startMs);
    this.#prune(toMs);
    const leftOver = this.closed.foldBefore(toMs - rawMs / 2, toMs - rawMs);
    if (leftOver !== undefined) this.#absorb(leftOver);
  }

  #roll(startMs: number): void {
    const entries = new Map<KeptSeries, Uint8Array>();
    let isSent = true;
    for (const series of this.open) {
      entries.set(series, series.payload);
      isSent &&= series.isSent;
      series.roll();
    }
    if (entries.size > 0) {
      this.closed.add(new ClosedWindow(this.startMs, entries, isSent, this.isTried));
    }
    this.open = [];
    this.isTried = false;
    this.#startMs = startMs;
  }

  #absorb({ entries }: ClosedWindow): void {
    for (const [series, payload] of entries) {
      if (series.value.absorb(payload)) this.#put(series);
    }
  }

  #prune(nowMs: number): void {
    if (nowMs - this.#pruned.atMs < this.options.rawMs) return;
    const isKept = ({ seenIn }: KeptSeries) => seenIn >= this.#pruned.batch;
    for (const series of this.series) {
      if (isKept(series)) continue;
      this.#bury(series);
      for (const metric of this.#metrics.values()) metric.forget(series);
      this.#ids.release(series.id);
    }
    this.series = this.series.filter(isKept);
    this.#pruned = { atMs: nowMs, batch: this.#batches };
  }

  /** Keeps the total of a life that is over. */
  #bury(series: KeptSeries): void {
    const payload = series.isSum ? series.value.whole() : undefined;
    if (payload === undefined) return;
    const { totalField } = series;
    this.#pastBytes += payload.length - (this.#past.get(totalField)?.payload.length ?? 0);
    this.#past.set(totalField, { series, payload, endMs: this.endMs, sentIn: 0 });
    for (const [field, oldest] of this.#past) {
      if (this.#pastBytes <= this.options.maxBytes) break;
      this.#past.delete(field);
      this.#pastBytes -= oldest.payload.length;
      this.forgotten++;
    }
  }
}

function isKept(point: Point): boolean {
  return "histogram" in point || Number.isFinite(point.value);
}
