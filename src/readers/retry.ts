import type { MetricBatch, Temporality } from "../snapshot/batch.js";
import { type Clock, SystemClock } from "../time/clock.js";
import { deadlineOf } from "./deadline.js";
import type { ExportResult, MetricExporter } from "./exporter.js";
import { guardedExport } from "./guarded-export.js";

export interface RetryOptions {
  /** @default the system's */
  readonly clock?: Clock;
  /** Times one batch is sent at most, the first time included; 1 never retries. @default 5 */
  readonly maxAttempts?: number;
  /** Longest wait before the second attempt, in ms; it doubles with each. @default 1000 */
  readonly initialBackoffMs?: number;
  /** Longest wait before any attempt, unless the backend asks for more. @default 5000 */
  readonly maxBackoffMs?: number;
  /** Numbers in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** Longest a backend's `Retry-After` is waited for when nobody knows the deadline of the export. */
const LONGEST_WISH_MS = 60_000;

/**
 * Sends a batch again while the answer is `retryable`: exponential back-off with full jitter, within
 * `maxAttempts`, the export's deadline and its signal. A `failure` is final.
 *
 * Every attempt carries the same batch under the same signal. When a wait would outlast the deadline,
 * the answer goes back at once: the next interval's batch supersedes this one.
 * @see AWS Architecture Blog, "Exponential Backoff and Jitter"; OTLP, "Retryable Response Codes"
 */
export class RetryingExporter implements MetricExporter {
  readonly name: string;
  /** Exports sent, and how many of them were sent again. */
  attempts = 0;
  retries = 0;
  readonly #exporter: MetricExporter;
  readonly #options: Required<RetryOptions>;
  /** Ends every wait that is under way. */
  readonly #wakes = new Set<() => void>();
  #shutdown: Promise<void> | undefined;

  /** @throws RangeError naming every option that is out of range */
  constructor(exporter: MetricExporter, options: RetryOptions = {}) {
    this.name = exporter.name;
    this.#exporter = exporter;
    this.#options = resolve(options);
  }

  temporality(kind: "histogram" | "counter"): Temporality {
    return this.#exporter.temporality?.(kind) ?? "cumulative";
  }

  async export(batch: MetricBatch, signal: AbortSignal): Promise<ExportResult> {
    const { maxAttempts } = this.#options;
    const call = new Interruption(signal);
    let last: ExportResult = {
      status: "retryable",
      error: new Error("aborted before it was sent"),
    };
    try {
      for (let attempt = 1; !signal.aborted; attempt++) {
        this.attempts++;
        if (attempt > 1) this.retries++;
        const sent = guardedExport(this.#exporter, batch, signal);
        const result = await Promise.race([sent, call.aborted]);
        if (result === undefined) break;
        last = result;
        if (result.status !== "retryable" || attempt >= maxAttempts) break;
        if (!(await this.#wait(attempt, result.retryAfterMs, call))) break;
      }
      return last;
    } finally {
      call.end();
    }
  }

  async forceFlush(): Promise<void> {
    await this.#exporter.forceFlush?.();
  }

  /** Ends waits at once; their exports answer what they last got. */
  shutdown(): Promise<void> {
    this.#shutdown ??= (async () => {
      for (const wake of this.#wakes) wake();
      await this.#exporter.shutdown?.();
    })();
    return this.#shutdown;
  }

  /** @returns whether there is to be another attempt */
  async #wait(
    attempt: number,
    wishMs: unknown,
    { signal, aborted }: Interruption,
  ): Promise<boolean> {
    if (this.#shutdown !== undefined) return false;
    const { clock, initialBackoffMs, maxBackoffMs, random } = this.#options;
    const ceiling = Math.min(maxBackoffMs, initialBackoffMs * 2 ** (attempt - 1));
    const jittered = share(random) * ceiling;
    // Whoever was told to come back later comes back then, but not all in the same instant.
    const delayMs = isWish(wishMs) ? wishMs + share(random) * initialBackoffMs : jittered;
    const deadline = deadlineOf(signal);
    const leftMs = deadline - clock.now();
    if (delayMs >= Math.min(leftMs, LONGEST_WISH_MS + maxBackoffMs)) return false;
    let wake = (): void => {};
    let cancel = (): void => {};
    const woken = new Promise<void>((done) => {
      wake = done;
      cancel = clock.schedule(delayMs, done);
    });
    this.#wakes.add(wake);
    await Promise.race([woken, aborted]);
    this.#wakes.delete(wake);
    cancel();
    return !signal.aborted && this.#shutdown === undefined;
  }
}

/** Retries what an exporter answers `retryable` to. One around an exporter; two would multiply. */
export function retrying(exporter: MetricExporter, options?: RetryOptions): RetryingExporter {
  return new RetryingExporter(exporter, options);
}

/** One listener on the signal of one export, through all its attempts and waits. */
class Interruption {
  readonly aborted: Promise<undefined>;
  #settle = (): void => {};

  constructor(readonly signal: AbortSignal) {
    this.aborted = new Promise((settle) => {
      this.#settle = () => settle(undefined);
    });
    signal.addEventListener("abort", this.#settle, { once: true });
  }

  end(): void {
    this.signal.removeEventListener("abort", this.#settle);
  }
}

/** NaN, negative numbers and zero say nothing about when to come back. */
function isWish(ms: unknown): ms is number {
  return typeof ms === "number" && ms > 0;
}

function share(random: () => number): number {
  try {
    const drawn = random();
    return drawn >= 0 && drawn <= 1 ? drawn : 1;
  } catch {
    return 1;
  }
}

function resolve(options: RetryOptions): Required<RetryOptions> {
  const resolved = {
    clock: options.clock ?? new SystemClock(),
    maxAttempts: options.maxAttempts ?? 5,
    initialBackoffMs: options.initialBackoffMs ?? 1000,
    maxBackoffMs: options.maxBackoffMs ?? 5000,
    random: options.random ?? Math.random,
  };
  const { maxAttempts, initialBackoffMs, maxBackoffMs } = resolved;
  const faults: string[] = [];
  if (!(Number.isInteger(maxAttempts) && maxAttempts >= 1 && maxAttempts <= 100)) {
    faults.push(`maxAttempts is ${maxAttempts}; give a whole number from 1 to 100`);
  }
  for (const [name, value] of Object.entries({ initialBackoffMs, maxBackoffMs })) {
    if (value >= 1 && value <= 3_600_000) continue;
    faults.push(`${name} is ${value}; give a number from 1 to 3600000`);
  }
  if (typeof resolved.random !== "function") faults.push("random is no function; give one");
  if (faults.length > 0) throw new RangeError(`retrying: ${faults.join("; ")}`);
  return resolved;
}
