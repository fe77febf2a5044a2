import { type Diag, describeError } from "../diag/diag.js";
import type { MetricBatch, Temporality } from "../snapshot/batch.js";
import { DeltaCursor } from "../snapshot/temporality.js";
import type { Clock } from "../time/clock.js";
import type { ExportResult, FlushStatus, MetricExporter } from "./exporter.js";

export interface PeriodicOptions {
  readonly exporter: MetricExporter;
  readonly timeoutMs: number;
  readonly temporality: Temporality;
  /** Takes a cumulative batch, the open interval included. */
  readonly collect: () => MetricBatch;
  readonly clock: Clock;
  readonly diag: Diag;
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
 * A delta exporter's cursor moves only when its backend has acknowledged.
 */
export class PeriodicReader {
  readonly tally: ExportTally = { exported: 0, failed: 0, skipped: 0, rejected: 0 };
  /** The cumulative batch the backend has acknowledged last. */
  acknowledged: MetricBatch | undefined;
  readonly #cursor = new DeltaCursor();
  #inFlight: Promise<ExportResult> | undefined;
  #shutdown: Promise<FlushStatus> | undefined;

  constructor(private readonly options: PeriodicOptions) {}

  get name(): string {
    return this.options.exporter.name;
  }

  /** The ticker's call. Never throws. */
  tick(): void {
    if (this.#shutdown !== undefined) return;
    if (this.#inFlight !== undefined) this.tally.skipped++;
    else void this.#export(() => this.options.timeoutMs);
  }

  /** Waits for the export under way, then exports afresh. Never rejects. */
  flush(timeoutMs: number): Promise<FlushStatus> {
    return this.#shutdown ?? this.#flush(timeoutMs);
  }

  /** Flushes, then shuts the exporter down, once. Never rejects. */
  shutdown(timeoutMs: number): Promise<FlushStatus> {
    this.#shutdown ??= this.#finish(timeoutMs);
    return this.#shutdown;
  }

  #flush(timeoutMs: number): Promise<FlushStatus> {
    const { exporter, clock } = this.options;
    const deadline = clock.now() + timeoutMs;
    const work = async (): Promise<ExportResult> => {
      const result = await this.#export(() => Math.max(1, deadline - clock.now()));
      if (result.status === "success") await exporter.forceFlush?.();
      return result;
    };
    return this.#status(work(), timeoutMs);
  }

  async #finish(timeoutMs: number): Promise<FlushStatus> {
    const { exporter, clock } = this.options;
    const deadline = clock.now() + timeoutMs;
    const flushed = await this.#flush(timeoutMs);
    const left = Math.max(1, deadline - clock.now());
    const closing = Promise.resolve()
      .then(() => exporter.shutdown?.())
      .then((): ExportResult => ({ status: "success" }));
    const closed = await this.#status(closing, left);
    return flushed.status === "ok" ? closed : flushed;
  }

  async #status(work: Promise<ExportResult>, timeoutMs: number): Promise<FlushStatus> {
    // Whoever called is waiting for this deadline, perhaps with nothing else to keep the process alive.
    const late = this.#late(timeoutMs, true);
    try {
      const result = await Promise.race([work, late.promise]);
      const { name: exporter } = this;
      if (result === "timeout") return { exporter, status: "timeout" };
      if (result.status === "success") return { exporter, status: "ok" };
      if (result.error instanceof ExportTimeout) return { exporter, status: "timeout" };
      return { exporter, status: "failed", error: describeError(result.error) };
    } catch (error) {
      return { exporter: this.name, status: "failed", error: describeError(error) };
    } finally {
      late.cancel();
    }
  }

  #late(timeoutMs: number, keepAlive = false): { promise: Promise<"timeout">; cancel: () => void } {
    let cancel = (): void => {};
    const promise = new Promise<"timeout">((resolve) => {
      cancel = this.options.clock.schedule(timeoutMs, () => resolve("timeout"), keepAlive);
    });
    return { promise, cancel };
  }

  /** One at a time: whoever comes later waits, and exports what there is by then. */
  #export(timeoutMs: () => number): Promise<ExportResult> {
    const before = this.#inFlight;
    const running = (async () => {
      await before;
      return this.#send(timeoutMs());
    })().finally(() => {
      if (this.#inFlight === running) this.#inFlight = undefined;
    });
    this.#inFlight = running;
    return running;
  }

  async #send(timeoutMs: number): Promise<ExportResult> {
    const { exporter, temporality, diag } = this.options;
    const abort = new AbortController();
    const late = this.#late(timeoutMs);
    let result: ExportResult;
    try {
      const cumulative = this.options.collect();
      const batch = temporality === "delta" ? this.#cursor.delta(cumulative) : cumulative;
      const answer = await Promise.race([exporter.export(batch, abort.signal), late.promise]);
      result =
        answer === "timeout"
          ? { status: "retryable", error: new ExportTimeout(timeoutMs) }
          : answer;
      if (result.status === "success") {
        this.acknowledged = cumulative;
        this.#cursor.acknowledge(cumulative);
      }
    } catch (error) {
      const wrapped = error instanceof Error ? error : new Error(String(error));
      result = { status: "failure", error: wrapped };
    } finally {
      late.cancel();
      abort.abort();
    }
    this.#count(result, diag);
    return result;
  }

  #count(result: ExportResult, diag: Diag): void {
    if (result.status === "success") {
      this.tally.exported++;
      this.tally.rejected += result.rejected ?? 0;
      return;
    }
    this.tally.failed++;
    diag.warn(
      `export:${this.name}`,
      `exporter "${this.name}" failed: ${describeError(result.error)}`,
    );
  }
}

class ExportTimeout extends Error {
  override readonly name = "ExportTimeout";

  constructor(timeoutMs: number) {
    super(`no answer within ${Math.round(timeoutMs)} ms`);
  }
}
