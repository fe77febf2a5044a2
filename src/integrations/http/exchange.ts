import type { ServerResponse } from "node:http";
import type { Route, RouteOperation, Routes } from "./route.js";

export const EXCHANGE = Symbol.for("auspex.exchange@0");

const NOT_FOUND = 404;

const PREPARED = 0;
const OPEN = 1;
const ENDED = 2;

/** A response that is watched. */
export interface Observed {
  [EXCHANGE]?: Exchange;
}

/** Where in a framework's tree of routers a request is; the framework's own business but for this. */
export interface Place {
  /** What the request counts for when it is answered here and no route was bound. */
  readonly route: Route | undefined;
}

/** Requests under way on one socket: all of them are aborted by its one `close`. */
export interface Connection {
  newest: Exchange | undefined;
}

/**
 * One request and its response, from its arrival to the first terminal event: `finish` of the
 * response, its `close`, or that of its socket.
 */
export class Exchange {
  /** The newer and older exchange on the same socket; only pipelining makes more than one. */
  older: Exchange | undefined;
  place: Place | undefined;
  private phase = PREPARED;
  /** Monotonic ms; a fraction from the start, so that the engine keeps it in place. */
  private started = Number.NaN;

  constructor(
    readonly routes: Routes,
    private readonly index: number,
    private operation: RouteOperation,
    private readonly connection: Connection | undefined,
    /** The response's `emit` before this exchange stood in for it. */
    readonly emit: ServerResponse["emit"],
  ) {}

  /** Whether the request counts. */
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
    this.started = this.routes.clock.now();
  }

  /** Says which route the request belongs to. The last call before the end counts. */
  bind(route: Route): void {
    if (this.phase !== OPEN) return;
    // A second monitor may bind what the first one watches: its routes are not ours.
    const own = route.routes === this.routes ? route : this.routes.same(route);
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
    // A 404 of a middleware is no different from one that nothing answered.
    if (this.place !== undefined && status !== NOT_FOUND) this.settle(this.place.route);
    this.leave();
    this.operation.answered(status, this.routes.clock.now() - this.started);
  }

  /** The client went away first. */
  abort(): void {
    if (this.phase !== OPEN) return;
    if (this.place !== undefined) this.settle(this.place.route);
    this.leave();
    this.operation.abortedAfter(this.routes.clock.now() - this.started);
  }

  private settle(route: Route | undefined): void {
    if (route === undefined) return;
    if (this.operation === this.routes.unmatched.operation(this.index)) this.bind(route);
  }

  private leave(): void {
    this.phase = ENDED;
    this.operation.signals.inFlight--;
    const { connection } = this;
    if (connection === undefined) return;
    if (connection.newest === this) connection.newest = this.older;
    else this.unlink(connection.newest);
  }

  private unlink(newest: Exchange | undefined): void {
    let newer = newest;
    while (newer !== undefined && newer.older !== this) newer = newer.older;
    if (newer !== undefined) newer.older = this.older;
  }
}

/** The exchange of a response, once a recorder has prepared it. */
export function exchangeOf(response: object): Exchange | undefined {
  return (response as Observed)[EXCHANGE];
}

/**
 * Stands in for `response.emit`, so that its end is seen without a listener, a closure or a trace in
 * what the host sees of its listeners.
 */
export function emit(this: ServerResponse & Observed, event: string | symbol): boolean {
  const exchange = this[EXCHANGE] as Exchange;
  if (event === "finish") exchange.finish(this.statusCode);
  else if (event === "close") exchange.abort();
  // Most events come alone; for those no `arguments` need be made.
  // biome-ignore lint/complexity/noArguments: passed on as they came, without a copy
  if (arguments.length === 1) return exchange.emit.call(this, event);
  // biome-ignore lint/complexity/noArguments: as above
  return passOn(exchange, this, arguments);
}

/** The same for HTTP/2, whose responses `finish` when their stream is closed, by whomever. */
export function emitOfStream(this: Http2Response & Observed, event: string | symbol): boolean {
  const exchange = this[EXCHANGE] as Exchange;
  if (event === "finish") {
    if (this.stream?.aborted === true) exchange.abort();
    else exchange.finish(this.statusCode);
  } else if (event === "close") exchange.abort();
  // biome-ignore lint/complexity/noArguments: passed on as they came, without a copy
  return passOn(exchange, this, arguments);
}

function passOn(exchange: Exchange, response: ServerResponse, args: IArguments): boolean {
  return Reflect.apply(exchange.emit, response, args as never);
}

type Http2Response = ServerResponse & { readonly stream?: { readonly aborted?: boolean } };
