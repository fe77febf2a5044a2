import type { Clock } from "../../time/clock.js";
import type { ClientOperation } from "./client-operation.js";
import type { Host } from "./host.js";

const OPEN = 0;
const ANSWERED = 1;
const CLOSED = 2;

/** One request, from its making to the headers of its response or what came instead. */
export class Call {
  /** A time limit was reached; what ends the call next is its doing. */
  hasTimedOut = false;
  private phase = OPEN;
  private readonly started: number;

  constructor(
    readonly host: Host,
    private readonly operation: ClientOperation,
    private readonly clock: Clock,
  ) {
    operation.signals.enter();
    operation.open++;
    this.started = clock.now();
  }

  get isOpen(): boolean {
    return this.phase === OPEN;
  }

  /** Whether its response has come, and its body may still be coming. */
  get isAnswered(): boolean {
    return this.phase === ANSWERED;
  }

  answered(status: number): void {
    if (this.leave(ANSWERED)) this.operation.answered(status, this.clock.now() - this.started);
  }

  /** @param type - `error.type`; undefined when the caller gave the request up */
  ended(type: string | undefined): void {
    if (!this.leave(CLOSED)) return;
    const durationMs = this.clock.now() - this.started;
    if (type === undefined) this.operation.aborted(durationMs);
    else this.operation.failed(type, durationMs);
  }

  /** Nothing more is expected of it. @returns whether its body was still coming */
  close(): boolean {
    if (this.phase !== ANSWERED) return false;
    this.phase = CLOSED;
    return true;
  }

  /** The first terminal event wins. */
  private leave(phase: number): boolean {
    if (this.phase !== OPEN) return false;
    this.phase = phase;
    this.operation.signals.leave();
    this.operation.open--;
    return true;
  }
}
