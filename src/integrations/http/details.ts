import type { ServerResponse } from "node:http";
import type { Outcome, Outcomes, RouteOperation } from "./outcomes.js";
import type { BodySizes } from "./sizes.js";

const EVENT_STREAM = "text/event-stream";
const IN_HEADER = /^content-type: ?text\/event-stream/im;

/** Not public in Node, and as old as it. */
interface Headed {
  readonly _header?: unknown;
}

/**
 * What an exchange has beyond its status and duration: a first byte before its end, body sizes, further
 * attributes.
 *
 * A response that has begun but not ended a turn of the loop after its first byte is a stream: its
 * duration is the time to that byte, and its lifetime a record of its own.
 */
export class Details {
  /** The response's `end` before this stood in for it. */
  end: ServerResponse["end"] | undefined;
  /** Some responses end by way of `write`, which is then no part of a stream. */
  isEnding = false;
  #response: ServerResponse | undefined;
  #firstByteMs = 0;
  #isStream = false;
  /** Set when the duration is recorded before the end. */
  #recorded: Outcome | undefined;

  constructor(
    readonly sizes?: BodySizes,
    /** Where an operation's requests are recorded, when not simply there. */
    private readonly choose?: (operation: RouteOperation) => Outcomes,
  ) {}

  /** Whether something was to go out before the end. */
  get hasWritten(): boolean {
    return this.#response !== undefined;
  }

  /** The first of the response goes out, so long after the request. */
  wrote(response: ServerResponse, afterMs: number): void {
    this.#response = response;
    this.#firstByteMs = afterMs;
  }

  /** Whether it is out. */
  get hasBegun(): boolean {
    return this.#response?.headersSent === true;
  }

  /** Whether the response has begun, and goes on: asked a turn after its first byte. */
  isStream(): boolean {
    const { headersSent, writableEnded } = this.#response as ServerResponse;
    this.#isStream = headersSent && !writableEnded;
    return this.#isStream;
  }

  /** One of a stream of events, which has no end of its own. */
  isEventStream(): boolean {
    const response = this.#response as (ServerResponse & Headed) | undefined;
    const type = response?.getHeader("content-type");
    if (type !== undefined) return String(type).startsWith(EVENT_STREAM);
    // Headers given to `writeHead` alone are known to nobody but the text that Node has made of them.
    return typeof response?._header === "string" && IN_HEADER.test(response._header);
  }

  status(): number {
    return this.#response?.statusCode ?? 0;
  }

  /** Records the duration now; what comes later is the lifetime. */
  stays(operation: RouteOperation, status: number, afterMs: number): void {
    this.#isStream = true;
    if (this.#recorded !== undefined) return;
    this.#recorded = this.#outcomes(operation).of(status);
    this.#recorded.duration.record(this.#response === undefined ? afterMs : this.#firstByteMs);
  }

  answered(operation: RouteOperation, status: number, durationMs: number): void {
    const outcome = this.#recorded ?? this.#outcomes(operation).of(status);
    if (this.#recorded === undefined) {
      outcome.duration.record(this.#isStream ? this.#firstByteMs : durationMs);
    }
    if (this.#isStream) operation.streamEnded(durationMs);
    this.#recordSizes(outcome, status);
  }

  /** The client went away; an event stream ends in no other way. */
  cut(operation: RouteOperation, durationMs: number): void {
    const { hasBegun } = this;
    if (this.#recorded === undefined && hasBegun && this.isEventStream()) {
      this.stays(operation, this.status(), durationMs);
    }
    if (this.#recorded !== undefined) {
      this.answered(operation, this.status(), durationMs);
      return;
    }
    const outcome = this.#outcomes(operation).ofAborted();
    outcome.duration.record(durationMs);
    if (hasBegun) operation.streamAborted(durationMs);
    this.#recordSizes(outcome, this.status());
  }

  #outcomes(operation: RouteOperation): Outcomes {
    return this.choose === undefined ? operation : this.choose(operation);
  }

  #recordSizes(outcome: Outcome, status: number): void {
    const { sizes } = this;
    if (sizes !== undefined) {
      outcome.recordSizes(sizes.requestBytes, sizes.responseBytes(status));
    }
  }
}
