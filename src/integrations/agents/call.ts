import { isThenable } from "../../diag/guarded-call.js";
import type { Outcome } from "../../instruments/golden-signals.js";
import { isAsyncIterator } from "../iterators.js";
import type { Bound } from "./bound.js";
import type { Fault } from "./context.js";
import { failureOf } from "./failure.js";
import { followStream } from "./streams/follow.js";
import { mayFollow } from "./streams/replace.js";
import type { StreamSink } from "./streams/sink.js";
import { followThenable } from "./thenable.js";

/** Streams never read to their end and promises never awaited, once nobody can reach them. */
const outOfReach = new FinalizationRegistry<{ call: Call; as: Fault }>(({ call, as }) => {
  call.lose(as);
});

const OPEN = 0;
const STREAMING = 1;
const ENDED = 2;

/**
 * One piece of work, from its beginning to its first end: success, failure, or that nobody wants it.
 *
 * Work that answers a stream ends with the stream. Its result is passed on as it is, sync or not, and so
 * is its error.
 */
export abstract class Call implements StreamSink {
  private phase = OPEN;
  /** Not in flight until somebody waits: a thenable that is never awaited must not count for ever. */
  private isResting = false;
  /** By how many objects it can still come to its end: a stream, and each iterator of it. */
  private holders = 0;

  constructor(
    protected readonly bound: Bound,
    /** Monotonic ms. */
    readonly started: number,
  ) {}

  get isEnded(): boolean {
    return this.phase === ENDED;
  }

  run<T>(work: () => T): T {
    let result: T;
    try {
      result = work();
    } catch (error) {
      this.fail(error);
      throw error;
    }
    return this.settle(result);
  }

  /**
   * Follows a plain promise by one derived from it, so that a rejection nobody handles is reported as
   * ever. Any other thenable is returned itself.
   */
  private settle<T>(result: T): T {
    if (isPlainPromise(result)) return this.derive(result);
    if (!isThenable(result) || !this.await(result)) this.answered(result);
    return result;
  }

  private derive<T extends Promise<unknown>>(promise: T): T {
    const derived = promise.then(
      (value) => {
        this.answered(value);
        return value;
      },
      (error) => {
        this.fail(error);
        throw error;
      },
    );
    // A child process with its promise, say: `kill` must still hang on it.
    for (const _ in promise) return Object.assign(derived, promise);
    return derived as T;
  }

  /** @returns whether the thenable tells its end */
  private await(thenable: object): boolean {
    try {
      if (!mayFollow(thenable) || !followThenable(thenable, this)) return false;
      // A promise is at work already; anything else, a query say, may begin when it is awaited.
      this.endsBy(thenable, "promise_abandoned");
      if (!(thenable instanceof Promise)) this.rest();
      return true;
    } catch {
      return false;
    }
  }

  /** What the work came to; the first answer counts. Never throws. */
  answered(value: unknown): void {
    if (this.phase !== OPEN) return;
    this.wake();
    let found: object | string | undefined;
    try {
      found = this.inspect(value);
      if (typeof found === "object" && mayFollow(found)) {
        this.phase = STREAMING;
        followStream(found, this.sink());
        if (!this.isEnded) this.heldBy(found);
        return;
      }
    } catch {
      // A Proxy that throws, a stream that is frozen: it is an answer all the same.
    }
    if (typeof found === "string") this.failAs(found, false);
    else this.end();
  }

  /**
   * Looks at an answer. May throw what a foreign getter throws.
   *
   * Of streams only what a generator makes is the work still going on: a tool may open a socket and be
   * done.
   * @returns the stream that is in it, or `error.type` where it says of itself that the work failed
   */
  protected inspect(value: unknown): object | string | undefined {
    return isAsyncIterator(value) ? value : undefined;
  }

  /** Who is told of the stream. */
  protected sink(): StreamSink {
    return this;
  }

  /** Its end is recorded. */
  protected ended(_outcome: Outcome, _durationMs: number): void {}

  /** It failed with this error, which is not kept; before `ended`. */
  protected failed(_error: unknown, _type: string): void {}

  chunk(_value: unknown): void {}

  end(): void {
    if (!this.close()) return;
    const durationMs = this.bound.now() - this.started;
    this.bound.work.succeeded(durationMs);
    this.ended("ok", durationMs);
  }

  fail(error: unknown): void {
    if (this.phase === ENDED) return;
    const { type, isTimeout } = failureOf(error);
    if (type === undefined) {
      this.abort();
      return;
    }
    this.failed(error, type);
    this.failAs(type, isTimeout);
  }

  protected failAs(type: string, isTimeout: boolean): void {
    if (!this.close()) return;
    const durationMs = this.bound.now() - this.started;
    this.bound.work.failed(type, durationMs);
    if (isTimeout) this.bound.timedOut();
    this.ended("error", durationMs);
  }

  abort(): void {
    if (!this.close()) return;
    const durationMs = this.bound.now() - this.started;
    this.bound.work.aborted(durationMs);
    this.ended("aborted", durationMs);
  }

  /** Somebody waits for the thenable: it will tell, whoever else holds it. */
  awaited(): void {
    this.holders++;
    if (this.phase === OPEN) this.wake();
  }

  heldBy(reader: object): void {
    this.endsBy(reader, "stream_abandoned");
  }

  /** Abandons it once `object`, and all others like it, are out of reach; this must not hold them. */
  protected endsBy(object: object, as: Fault): void {
    this.holders++;
    outOfReach.register(object, { call: this, as });
  }

  lose(as: Fault): void {
    if (--this.holders > 0 || this.phase === ENDED) return;
    // A query that nobody sent is no work.
    if (this.isResting) {
      this.phase = ENDED;
      return;
    }
    this.bound.context.fault(as);
    this.abort();
  }

  private close(): boolean {
    if (this.phase === ENDED) return false;
    this.wake();
    this.phase = ENDED;
    this.bound.leave();
    return true;
  }

  /** It is not under way after all, until it wakes. */
  protected rest(): void {
    this.isResting = true;
    this.bound.leave();
  }

  private wake(): void {
    if (this.isResting) this.resume();
  }

  protected resume(): void {
    this.isResting = false;
    this.bound.enter();
  }
}

/** Never throws, as `instanceof` does of a revoked Proxy. */
function isPlainPromise<T>(value: T): value is T & Promise<unknown> {
  if (typeof value !== "object" || value === null) return false;
  try {
    return value instanceof Promise && value.constructor === Promise;
  } catch {
    return false;
  }
}
