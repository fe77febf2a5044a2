import type { Attributes, AttributeValue } from "../attributes/attributes.js";
import { errorType } from "./error-type.js";
import type { HistogramSeries, SeriesOwner } from "./histogram.js";

/** Thenables that carry a `then` of ours. */
const followed = new WeakSet<object>();

/** How a piece of work ended. An aborted one is part of traffic, neither success nor error. */
export type Outcome = "ok" | "error" | "aborted";

/** Most `error.type` values told apart for one operation; later ones become `_OTHER`. */
const MAX_OUTCOMES = 32;
const OTHER = "_OTHER";

const NO_OUTCOMES: readonly OutcomeSeries[] = Object.freeze([]);

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

type Extra = Readonly<Record<string, AttributeValue>>;

/** Where signals belong: what all operations of one instrument share. */
export interface SignalsHome {
  readonly tally: MisuseTally;
  /** Makes the series of one outcome; `extra` stands beside the attributes of the signals. */
  series(signals: GoldenSignals, extra: Extra | undefined, outcome: Outcome): HistogramSeries;
  /** Puts signals back among those that are shown, after all their series had expired. */
  relist(signals: GoldenSignals): void;
}

/**
 * Latency, traffic, errors and saturation of one operation, as histograms by outcome.
 *
 * One record writes one histogram: traffic is the sum of counts, in-flight one integer.
 */
export class GoldenSignals implements SeriesOwner {
  /** Work begun and not ended. Never below 0. */
  inFlight = 0;
  /** One array per operation: it stays the shared empty one until there is an outcome. */
  outcomes: readonly OutcomeSeries[] = NO_OUTCOMES;
  /** The handle that user code holds, if these signals have one. */
  operation: Operation | undefined;
  /** Whether they are among those that are shown; the home keeps it. */
  isListed = false;

  constructor(
    readonly name: string,
    readonly attributes: Attributes,
    private readonly home: SignalsHome,
    /** Monotonic ms. */
    readonly createdAt: number,
  ) {}

  /** The series of an outcome, made at its first use. Cold: callers keep it. */
  outcome(outcome: Outcome, type: string, extra?: Extra): HistogramSeries {
    const series = this.home.series(this, extra, outcome);
    this.outcomes = [...this.outcomes, { outcome, type, series }];
    return series;
  }

  /** Begins one piece of work. */
  enter(): void {
    if (this.inFlight++ === 0 && !this.isListed) this.relist();
  }

  /** Ends one piece of work without recording it. */
  leave(): void {
    if (this.inFlight > 0) this.inFlight--;
    else this.home.tally.misuse++;
  }

  relist(): void {
    this.home.relist(this);
  }
}

/**
 * An operation bound to its attributes: what user code holds.
 *
 * Hot path of `start`, `end` and `record`: a clock read, one histogram write, no allocation.
 */
export class Operation {
  /** Made with the first success: an operation that stands ready costs its name. */
  private ok: HistogramSeries | undefined;
  /** By `error.type`; made with the first failure. */
  private errors: Map<string, HistogramSeries> | undefined;
  private abortedSeries: HistogramSeries | undefined;

  constructor(
    /** Shared by everything that shows this operation. */
    readonly signals: GoldenSignals,
    private readonly clock: { now(): number },
  ) {}

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
    this.signals.enter();
    return this.clock.now();
  }

  /** Ends what `start` began, successfully. */
  end(started: number): void {
    this.signals.leave();
    (this.ok ?? this.firstSuccess()).record(this.since(started));
  }

  /** Ends what `start` began, with a failure; `error.type` comes from the error. */
  fail(started: number, error?: unknown): void {
    this.signals.leave();
    this.failed(error).record(this.since(started));
  }

  /** Ends what `start` began because nobody wants it any more: neither success nor error. */
  abort(started: number): void {
    this.signals.leave();
    this.abortedSeries ??= this.signals.outcome("aborted", "", { "auspex.outcome": "aborted" });
    this.abortedSeries.record(this.since(started));
  }

  /** Records work that was measured elsewhere, in milliseconds; a failure when `error` is given. */
  record(durationMs: number, error?: unknown): void {
    if (error === undefined || error === null) {
      (this.ok ?? this.firstSuccess()).record(durationMs);
    } else this.failed(error).record(durationMs);
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
      const derived = result.then(
        (value) => {
          this.end(started);
          return value;
        },
        (error) => {
          this.fail(started, error);
          throw error;
        },
      );
      // A child process with its promise, say: `kill` must still hang on it.
      for (const _ in result) return Object.assign(derived, result) as T;
      return derived as T;
    }
    if (!this.followThenable(started, result)) this.end(started);
    return result;
  }

  /** @returns whether the end was left to the thenable's `then` */
  private followThenable(started: number, result: unknown): boolean {
    try {
      const thenable = result as { then?: unknown };
      const { then } = thenable;
      // One that is handed out again is followed already, for the call that made it.
      if (typeof then !== "function" || followed.has(thenable)) return false;
      followed.add(thenable);
      let pending = true;
      const finish = (error?: unknown, failed = false): void => {
        if (!pending) return;
        pending = false;
        this.signals.enter();
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

  private firstSuccess(): HistogramSeries {
    this.ok = this.signals.outcome("ok", "");
    return this.ok;
  }

  private failed(error: unknown): HistogramSeries {
    this.errors ??= new Map();
    const type = errorType(error);
    const known = this.errors.get(type);
    if (known !== undefined) return known;
    return this.errors.size < MAX_OUTCOMES ? this.firstFailure(type) : this.otherFailure();
  }

  private otherFailure(): HistogramSeries {
    return this.errors?.get(OTHER) ?? this.firstFailure(OTHER);
  }

  private firstFailure(type: string): HistogramSeries {
    const series = this.signals.outcome("error", type, { "error.type": type });
    this.errors?.set(type, series);
    return series;
  }
}
