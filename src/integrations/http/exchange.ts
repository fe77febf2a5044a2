import type { ServerResponse } from "node:http";
import type { Connection } from "./connection.js";
import { Details } from "./details.js";
import type { RouteOperation } from "./outcomes.js";
import type { Route, Routes } from "./route.js";
import type { HttpWatch } from "./watch.js";

export const EXCHANGE = Symbol.for("auspex.exchange@0");

const NOT_FOUND = 404;

const PREPARED = 0;
const OPEN = 1;
const ENDED = 2;

/** A response, or the request of an upgrade, that is watched. */
export interface Observed {
  [EXCHANGE]?: Exchange;
}

/** Where in a framework's tree of routers a request is; the framework's own business but for this. */
export interface Place {
  /** What the request counts for when it is answered here and no route was bound. */
  readonly route: Route | undefined;
}

/**
 * One request and its response, from its arrival to the first terminal event: `finish` of the
 * response, its `close`, or that of its socket.
 */
export class Exchange {
  /** The newer and older exchange on the same socket; only pipelining makes more than one. */
  older: Exchange | undefined;
  place: Place | undefined;
  /** What most exchanges never have; there from the start when options ask for it. */
  details: Details | undefined;
  private phase = PREPARED;
  /** Monotonic ms; a fraction from the start, so that the engine keeps it in place. */
  private started = Number.NaN;

  constructor(
    readonly watch: HttpWatch,
    private readonly index: number,
    private operation: RouteOperation,
    private readonly connection: Connection | undefined,
  ) {}

  get routes(): Routes {
    return this.watch.routes;
  }

  /** Whether it is decided that the request counts, or that it does not. */
  get hasBegun(): boolean {
    return this.phase !== PREPARED;
  }

  /** The request counts from now on. The first call counts. */
  begin(): void {
    if (this.phase !== PREPARED) return;
    this.phase = OPEN;
    this.operation.signals.enter();
    const { connection } = this;
    if (connection !== undefined) {
      this.older = connection.newest;
      connection.newest = this;
    }
    this.started = this.watch.clock.now();
  }

  /** The request does not count, whatever becomes of it. */
  drop(): void {
    this.leave();
    this.phase = ENDED;
  }

  /** Says which route the request belongs to. The last call before the end counts. */
  bind(route: Route): void {
    if (this.phase !== OPEN) return;
    const { routes, ignored } = this.watch;
    if (ignored?.has(route.template as string)) {
      this.drop();
      return;
    }
    // A second monitor may bind what the first one watches: its routes are not ours.
    const own = route.routes === routes ? route : routes.same(route);
    const operation = own.operation(this.index);
    if (operation === this.operation) return;
    this.operation.signals.inFlight--;
    operation.signals.enter();
    this.operation = operation;
  }

  /** `bind` by template. */
  bindTemplate(template: string): void {
    this.bind(this.routes.route(template));
  }

  /** The response is out, with this status. */
  finish(status: number): void {
    if (this.phase !== OPEN) return;
    if (this.place !== undefined) this.settle(this.place, status);
    if (!this.leave()) return;
    const durationMs = this.watch.clock.now() - this.started;
    if (this.details === undefined) this.operation.of(status).duration.record(durationMs);
    else this.details.answered(this.operation, status, durationMs);
  }

  /** The client went away first; of an event stream, or an upgraded socket, that is the end. */
  abort(): void {
    // After `finish` there is a `close`: the most frequent case.
    if (this.phase === OPEN) this.cut();
  }

  private cut(): void {
    if (this.place !== undefined) this.settle(this.place, 0);
    if (!this.leave()) return;
    const durationMs = this.watch.clock.now() - this.started;
    if (this.details === undefined) this.operation.ofAborted().duration.record(durationMs);
    else this.details.cut(this.operation, durationMs);
  }

  /** Something of the response goes out, and it has not ended with that. */
  wrote(response: ServerResponse, chunk?: unknown, encoding?: unknown): void {
    if (this.phase !== OPEN || this.details?.isEnding === true) return;
    this.details?.sizes?.add(chunk, encoding);
    if (this.details?.hasWritten === true) return;
    this.details ??= new Details();
    this.details.wrote(response, this.watch.clock.now() - this.started);
    setImmediate(lookAgain, this);
  }

  /** A turn of the loop after the first byte. */
  lookAgain(): void {
    const { details } = this;
    if (this.phase !== OPEN || details?.isStream() !== true) return;
    if (details.isEventStream()) this.stay(details.status());
  }

  /** What is answered with this status lives on for as long as its client likes: it is recorded now. */
  stay(status: number, details = (this.details ??= new Details())): void {
    if (this.phase === OPEN && this.place !== undefined) this.settle(this.place, status);
    if (this.phase !== OPEN) return;
    details.stays(this.operation, status, this.watch.clock.now() - this.started);
  }

  /** Binds what no route has answered to the place it was answered in. */
  private settle({ route }: Place, status: number): void {
    // A 404 of a middleware is no different from one that nothing answered.
    if (route === undefined || status === NOT_FOUND) return;
    if (this.operation === this.routes.unmatched.operation(this.index)) this.bind(route);
  }

  /** @returns whether it had not left yet */
  private leave(): boolean {
    if (this.phase !== OPEN) return false;
    this.phase = ENDED;
    this.operation.signals.inFlight--;
    const { connection } = this;
    if (connection === undefined) return true;
    if (connection.newest === this) connection.newest = this.older;
    else this.unlink(connection.newest);
    return true;
  }

  private unlink(newest: Exchange | undefined): void {
    let newer = newest;
    while (newer !== undefined && newer.older !== this) newer = newer.older;
    if (newer !== undefined) newer.older = this.older;
  }
}

function lookAgain(exchange: Exchange): void {
  exchange.lookAgain();
}

/** The exchange of a response, once it is watched. */
export function exchangeOf(response: object): Exchange | undefined {
  return (response as Observed)[EXCHANGE];
}
