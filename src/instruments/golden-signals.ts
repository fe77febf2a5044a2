import type { Attributes, AttributeValue } from "../attributes/attributes.js";
import { errorType } from "./error-type.js";
import type { HistogramSeries } from "./histogram.js";

/** How a piece of work ended. An aborted one is part of traffic, neither success nor error. */
export type Outcome = "ok" | "error" | "aborted";

/** Most `error.type` values told apart for one operation; later ones become `_OTHER`. */
const MAX_OUTCOMES = 32;

/** One outcome of one operation: a histogram series and what it stands for. */
export interface OutcomeSeries {
  readonly outcome: Outcome;
  /** `error.type`, "" unless the outcome is an error. */
  readonly type: string;
  readonly series: HistogramSeries;
}

/** Counts wrong uses of handles: an `end` without its `start`. */
export interface MisuseTally {
  misuse: number;
}

/** Makes the series of one outcome of an operation; `extra` stands beside the operation's attributes. */
export type MakeOutcome = (extra: Readonly<Record<string, AttributeValue>>) => HistogramSeries;

/**
 * Latency, traffic, errors and saturation of one operation, as histograms by outcome.
 *
 * One record writes one histogram: traffic is the sum of counts, in-flight one integer.
 */
export class GoldenSignals {
  /** Work begun and not ended. Never below 0. */
  inFlight = 0;
  readonly outcomes: OutcomeSeries[] = [];
  /** Puts these signals back among those that are shown; the registry sets it. */
  relist: () => void = () => {};

  constructor(
    readonly name: string,
    readonly attributes: Attributes,
    private readonly make: MakeOutcome,
    private readonly tally: MisuseTally,
    /** Monotonic ms. */
    readonly createdAt: number,
  ) {}

  /** The series of an outcome, made at its first use. Cold: callers keep it. */
  outcome(
    outcome: Outcome,
    type: string,
    extra: Readonly<Record<string, AttributeValue>>,
  ): HistogramSeries {
    const series = this.make(extra);
    this.outcomes.push({ outcome, type, series });
    return series;
  }

  /** Ends one piece of work without recording it. */
  leave(): void {
    if (this.inFlight > 0) this.inFlight--;
    else this.tally.misuse++;
  }
}

/**
 * An operation bound to its attributes: what user code holds.
 *
 * Hot path of `start`, `end` and `record`: a clock read, one histogram write, no allocation.
 */
export class Operation {
  private readonly ok: HistogramSeries;
  private readonly errors = new Map<string, HistogramSeries>();
  private abortedSeries: HistogramSeries | undefined;

  constructor(
    /** Shared by everything that shows this operation. */
    readonly signals: GoldenSignals,
    private readonly clock: { now(): number },
  ) {
    this.ok = signals.outcome("ok", "", {});
  }

  get name(): string {
    return this.signals.name;
  }

  get attributes(): Attributes {
    return this.signals.attributes;
  }

  get inFlight(): number {
    return this.signals.inFlight;
  }

  /** Begins one piece of work. @returns a monotonic reading in ms, for `end`, `fail` or `abort` */
  start(): number {
    this.signals.inFlight++;
    return this.clock.now();
  }

  /** Ends what `start` began, successfully. */
  end(started: number): void {
    this.signals.leave();
    this.ok.record(this.since(started));
  }

  /** Ends what `start` began, with a failure; `error.type` comes from the error. */
  fail(started: number, error?: unknown): void {
    this.signals.leave();
    this.failed(error).record(this.since(started));
  }

  /** Ends what `start` began because nobody wants it any more: neither success nor error. */
  abort(started: number): void {
    this.signals.leave();
    this.abortedSeries ??= this.signals.outcome("aborted", "", { "error.type": "aborted" });
    this.abortedSeries.record(this.since(started));
  }

  /** Records work that was measured elsewhere, in milliseconds; a failure when `error` is given. */
  record(durationMs: number, error?: unknown): void {
    if (error === undefined || error === null) this.ok.record(durationMs);
    else this.failed(error).record(durationMs);
  }

  /**
   * Runs `work` as one piece of this operation. Its result, sync or not, and its error are passed on
   * unchanged.
   */
  run<T>(work: () => T): T {
    const started = this.start();
    let result: T;
    try {
      result = work();
    } catch (error) {
      this.fail(started, error);
      throw error;
    }
    return this.settle(started, result);
  }

  /**
   * Ends what `start` began when `result` is settled: now, unless it is a promise.
   *
   * A plain promise is followed by one derived from it (so that a rejection nobody handles is reported
   * as ever). Any other thenable is returned itself, and followed when its `then` is called: query
   * builders do their work only then.
   */
  settle<T>(started: number, result: T): T {
    if (typeof result !== "object" || result === null) {
      if (typeof result !== "function") {
        this.end(started);
        return result;
      }
    }
    if (result instanceof Promise && result.constructor === Promise) {
      return result.then(
        (value) => {
          this.end(started);
          return value;
        },
        (error) => {
          this.fail(started, error);
          throw error;
        },
      ) as T;
    }
    if (!this.followThenable(started, result)) this.end(started);
    return result;
  }

  /** @returns whether the end was left to the thenable's `then` */
  private followThenable(started: number, result: unknown): boolean {
    try {
      const thenable = result as { then?: unknown };
      const { then } = thenable;
      if (typeof then !== "function") return false;
      let pending = true;
      const finish = (error?: unknown, failed = false): void => {
        if (!pending) return;
        pending = false;
        this.signals.inFlight++;
        if (failed) this.fail(started, error);
        else this.end(started);
      };
      const follow = function (this: unknown, onValue?: unknown, onError?: unknown): unknown {
        return then.call(
          this,
          (value: unknown) => {
            finish();
            return typeof onValue === "function" ? onValue(value) : value;
          },
          (error: unknown) => {
            finish(error, true);
            if (typeof onError === "function") return onError(error);
            throw error;
          },
        );
      };
      // biome-ignore lint/suspicious/noThenProperty: it has one already; this one follows it
      Object.defineProperty(thenable, "then", {
        value: follow,
        configurable: true,
        writable: true,
        enumerable: false,
      });
      // Not in flight until somebody waits: a thenable that is never awaited must not count for ever.
      this.signals.leave();
      return true;
    } catch {
      return false;
    }
  }

  /** NaN, hence a counted drop, of anything that `start` did not return. */
  private since(started: number): number {
    return typeof started === "number" ? this.clock.now() - started : Number.NaN;
  }

  private failed(error: unknown): HistogramSeries {
    let type = errorType(error);
    let series = this.errors.get(type);
    if (series === undefined) {
      if (this.errors.size >= MAX_OUTCOMES) type = "_OTHER";
      series = this.errors.get(type);
    }
    if (series === undefined) {
      series = this.signals.outcome("error", type, { "error.type": type });
      this.errors.set(type, series);
    }
    return series;
  }
}
