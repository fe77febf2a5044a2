import { type Diag, describeError } from "../diag/diag.js";
import type { MetricBatch, Temporality } from "../snapshot/batch.js";
import { DeltaCursor } from "../snapshot/temporality.js";
import type { Clock } from "../time/clock.js";
import { limitOf } from "../time/limit.js";
import { inSlices, Slices } from "../time/slices.js";
import { setDeadline } from "./deadline.js";
import type { ExportResult, FlushStatus, MetricExporter } from "./exporter.js";
import { errorOf, failure, guardedExport, pointsIn } from "./guarded-export.js";

export interface PeriodicOptions {
  readonly exporter: MetricExporter;
  readonly timeoutMs: number;
  readonly temporality: Temporality;
  /** Takes a cumulative batch, the open interval included. */
  readonly collect: (slices: Slices) => Promise<MetricBatch>;
  readonly clock: Clock;
  readonly diag: Diag;
  /** Told how long each collection took, its pauses left out. */
  readonly onCollect?: (durationMs: number) => void;
  /** Told of ms that an exporter worked before it first waited for something. */
  readonly onWorked?: (ms: number) => void;
  /** Told what became of each batch that was sent, how long that took and how many points were in it. */
  readonly onExport?: (result: ExportResult, durationMs: number, points: number) => void;
}

/** What an exporter did so far. */
export interface ExportTally {
  exported: number;
  failed: number;
  /** Intervals that passed while an export was under way. */
  skipped: number;
  /** Points a backend took the batch without. */
  rejected: number;
}

/**
 * Exports on request of the ticker: one export in flight, each within its timeout.
 *
 * A delta exporter's cursor moves only when its backend has acknowledged. A success that comes after the
 * timeout still moves it, unless a later batch was acknowledged meanwhile: what an exporter goes on
 * sending after its signal aborted may then arrive twice, never not at all.
 */
export class PeriodicReader {
  readonly tally: ExportTally = { exported: 0, failed: 0, skipped: 0, rejected: 0 };
  /** The cumulative batch the backend has acknowledged last. */
  acknowledged: MetricBatch | undefined;
  /** Data points of the batch that is under way; 0 between exports. */
  inflight = 0;
  readonly #cursor = new DeltaCursor();
  #inFlight: Promise<ExportResult> | undefined;
  /** Ends the export that is under way. */
  #callOff: (() => void) | undefined;
  #shutdown: Promise<FlushStatus> | undefined;
  #closed = false;

  constructor(private readonly options: PeriodicOptions) {}

  get name(): string {
    return this.options.exporter.name;
  }

  /** The ticker's call. Never throws. */
  tick(): void {
    if (this.#shutdown !== undefined) return;
    const { clock, timeoutMs } = this.options;
    if (this.#inFlight !== undefined) this.tally.skipped++;
    else void this.#export(() => clock.now() + timeoutMs);
  }

  /** Waits for the export under way, then exports afresh. Never rejects. */
  flush(timeoutMs: number): Promise<FlushStatus> {
    return this.#shutdown ?? this.#flush(timeoutMs);
  }

  /** Flushes, then shuts the exporter down, once; what is under way at the deadline is called off. Never rejects. */
  shutdown(timeoutMs: number): Promise<FlushStatus> {
    this.#shutdown ??= this.#finish(timeoutMs);
    return this.#shutdown;
  }

  #flush(timeoutMs: number): Promise<FlushStatus> {
    const { exporter, clock } = this.options;
    const deadlineMs = clock.now() + timeoutMs;
    const work = async (): Promise<ExportResult> => {
      const result = await this.#export(() => deadlineMs);
      if (result.status === "success") await exporter.forceFlush?.();
      return result;
    };
    return this.#status(work(), timeoutMs);
  }

  async #finish(timeoutMs: number): Promise<FlushStatus> {
    const { exporter, clock } = this.options;
    const deadlineMs = clock.now() + timeoutMs;
    const flushed = await this.#flush(timeoutMs);
    this.#closed = true;
    this.#callOff?.();
    const closing = Promise.resolve()
      .then(() => exporter.shutdown?.())
      .then((): ExportResult => ({ status: "success" }));
    const closed = await this.#status(closing, Math.max(1, deadlineMs - clock.now()));
    return flushed.status === "ok" ? closed : flushed;
  }

  async #status(work: Promise<ExportResult>, timeoutMs: number): Promise<FlushStatus> {
    const { name: exporter } = this;
    // Whoever called is waiting for this deadline, perhaps with nothing else to keep the process alive.
    const limit = limitOf(this.options.clock, timeoutMs, true);
    try {
      const result = await Promise.race([work, limit.expired]);
      if (result === "expired") return { exporter, status: "timeout" };
      if (result.status === "success") return { exporter, status: "ok" };
      if (result.error instanceof ExportTimeout) return { exporter, status: "timeout" };
      return { exporter, status: "failed", error: describeError(result.error) };
    } catch (error) {
      return { exporter, status: "failed", error: describeError(error) };
    } finally {
      limit.cancel();
    }
  }

  /** One at a time: whoever comes later waits, and exports what there is by then. */
  #export(deadline: () => number): Promise<ExportResult> {
    const before = this.#inFlight;
    const running = (async () => {
      await before;
      return this.#collectAndSend(deadline());
    })().finally(() => {
      if (this.#inFlight === running) this.#inFlight = undefined;
    });
    this.#inFlight = running;
    return running;
  }

  async #collectAndSend(deadlineMs: number): Promise<ExportResult> {
    const { clock, collect, temporality, onCollect } = this.options;
    if (this.#closed) return failure(new Error("already shut down"));
    if (clock.now() >= deadlineMs) return timedOut(0);
    try {
      const slices = new Slices(clock);
      const cumulative = await collect(slices);
      const batch =
        temporality === "delta"
          ? await inSlices(this.#cursor.steps(cumulative), slices)
          : cumulative;
      slices.end();
      this.#tell(() => onCollect?.(slices.workedMs));
      return await this.#send(batch, cumulative, deadlineMs);
    } catch (error) {
      const result = failure(errorOf(error));
      this.#count(result);
      return result;
    }
  }

  async #send(
    batch: MetricBatch,
    cumulative: MetricBatch,
    deadlineMs: number,
  ): Promise<ExportResult> {
    const { clock, exporter, onExport } = this.options;
    const began = clock.now();
    const timeoutMs = deadlineMs - began;
    const abort = new AbortController();
    setDeadline(abort.signal, deadlineMs);
    const limit = limitOf(clock, timeoutMs);
    this.#callOff = () => {
      abort.abort();
      limit.expire();
    };
    const points = pointsIn(batch);
    this.inflight = points;
    const base = this.acknowledged;
    let late = false;
    const sent = guardedExport(exporter, batch, abort.signal).then((result) => {
      const moves = result.status === "success" && (!late || this.acknowledged === base);
      if (moves) this.#acknowledge(cumulative);
      return result;
    });
    this.#tell(() => this.options.onWorked?.(clock.now() - began));
    const answer = await Promise.race([sent, limit.expired]);
    late = true;
    this.#callOff = undefined;
    this.inflight = 0;
    limit.cancel();
    abort.abort();
    const result = answer === "expired" ? timedOut(timeoutMs) : answer;
    this.#count(result);
    this.#tell(() => onExport?.(result, clock.now() - began, points));
    return result;
  }

  #acknowledge(cumulative: MetricBatch): void {
    this.acknowledged = cumulative;
    this.#cursor.acknowledge(cumulative);
  }

  #count(result: ExportResult): void {
    if (result.status === "success") {
      this.tally.exported++;
      this.tally.rejected += result.rejected ?? 0;
      return;
    }
    this.tally.failed++;
    this.options.diag.warn(
      `export:${this.name}`,
      `exporter "${this.name}" failed: ${describeError(result.error)}`,
    );
  }

  #tell(call: () => void): void {
    try {
      call();
    } catch (error) {
      this.options.diag.warn("export hook", `telling of an export failed: ${describeError(error)}`);
    }
  }
}

/** The error of an export that gave no answer in time. */
export class ExportTimeout extends Error {
  override readonly name = "ExportTimeout";

  constructor(timeoutMs: number) {
    super(`no answer within ${Math.round(timeoutMs)} ms`);
  }
}

function timedOut(timeoutMs: number): ExportResult {
  return { status: "retryable", error: new ExportTimeout(timeoutMs) };
}
