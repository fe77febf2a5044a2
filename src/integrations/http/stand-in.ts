import type { ServerResponse } from "node:http";
import type { Details } from "./details.js";
import { EXCHANGE, type Exchange, type Observed, type Originals } from "./exchange.js";

/** Marks a prototype whose methods show first byte and end of its responses. */
const STANDS_IN = Symbol.for("auspex.standsIn@0");

type Watched = ServerResponse & Observed & { readonly [STANDS_IN]?: boolean };

/**
 * Shows the first byte and the end of a response to its exchange, without a listener, a closure or a
 * trace in what the host sees of its listeners.
 *
 * A response that ends in one go calls neither `write` nor `flushHeaders`. Where its prototype stands in
 * (or will: Express changes it), it carries its exchange and nothing else; otherwise it pays for the
 * methods as properties of its own.
 */
export function standIn(response: ServerResponse, exchange: Exchange, isHttp2: boolean): void {
  (response as Observed)[EXCHANGE] = exchange;
  const { details, watch } = exchange;
  if (!(watch.hasPrototype || (response as Watched)[STANDS_IN] === true)) {
    exchange.originals ??= originalsOf(response);
    response.emit = (isHttp2 ? emitOfStream : emit) as ServerResponse["emit"];
    response.write = write as ServerResponse["write"];
    response.flushHeaders = flushHeaders;
  }
  if (details === undefined || !(isHttp2 || details.sizes !== undefined)) return;
  details.end = response.end;
  response.end = end as ServerResponse["end"];
}

/** Lets a prototype stand in for all responses that have it; those without an exchange pass through. */
export function standInOn(prototype: ServerResponse): void {
  if ((prototype as Watched)[STANDS_IN] === true) return;
  const originals = originalsOf(prototype);
  const define = (name: PropertyKey, value: unknown): void => {
    Object.defineProperty(prototype, name, { value, configurable: true, writable: true });
  };
  define(STANDS_IN, true);
  define("emit", function (this: Watched, event: string | symbol): boolean {
    const exchange = this[EXCHANGE];
    if (exchange !== undefined) {
      if (event === "finish") exchange.finish(this.statusCode);
      else if (event === "close") exchange.abort();
    }
    // Most events come alone; for those no `arguments` need be made.
    // biome-ignore lint/complexity/noArguments: passed on as they came, without a copy
    if (arguments.length === 1) return originals.emit.call(this, event);
    // biome-ignore lint/complexity/noArguments: as above
    return Reflect.apply(originals.emit, this, arguments as never);
  });
  define("write", function (this: Watched, chunk: unknown, encoding: unknown): boolean {
    this[EXCHANGE]?.wrote(this, chunk, encoding);
    // biome-ignore lint/complexity/noArguments: passed on as they came
    return Reflect.apply(originals.write, this, arguments as never);
  });
  define("flushHeaders", function (this: Watched): void {
    this[EXCHANGE]?.wrote(this);
    originals.flushHeaders.call(this);
  });
}

let last: Originals | undefined;

/** One object for all responses with the same methods, which are nearly all. */
function originalsOf({ emit, write, flushHeaders }: Originals): Originals {
  const isSame = last?.emit === emit && last.write === write && last.flushHeaders === flushHeaders;
  if (last === undefined || !isSame) last = { emit, write, flushHeaders };
  return last;
}

function emit(this: Watched, event: string | symbol): boolean {
  const exchange = this[EXCHANGE] as Exchange;
  if (event === "finish") exchange.finish(this.statusCode);
  else if (event === "close") exchange.abort();
  const { emit } = exchange.originals as Originals;
  // biome-ignore lint/complexity/noArguments: most events come alone; for those none need be made
  if (arguments.length === 1) return emit.call(this, event);
  // biome-ignore lint/complexity/noArguments: passed on as they came, without a copy
  return Reflect.apply(emit, this, arguments as never);
}

/** The same for HTTP/2, whose responses `finish` when their stream is closed, by whomever. */
function emitOfStream(this: Watched & Http2Response, event: string | symbol): boolean {
  const exchange = this[EXCHANGE] as Exchange;
  if (event === "finish") {
    if (this.stream?.aborted === true) exchange.abort();
    else exchange.finish(this.statusCode);
  } else if (event === "close") exchange.abort();
  // biome-ignore lint/complexity/noArguments: passed on as they came, without a copy
  return Reflect.apply((exchange.originals as Originals).emit, this, arguments as never);
}

function write(this: Watched, chunk: unknown, encoding: unknown): boolean {
  const exchange = this[EXCHANGE] as Exchange;
  exchange.wrote(this, chunk, encoding);
  // biome-ignore lint/complexity/noArguments: passed on as they came
  return Reflect.apply((exchange.originals as Originals).write, this, arguments as never);
}

function end(this: Watched, chunk: unknown, encoding: unknown): ServerResponse {
  const exchange = this[EXCHANGE] as Exchange;
  const details = exchange.details as Details;
  details.sizes?.add(chunk, encoding);
  details.isEnding = true;
  // biome-ignore lint/complexity/noArguments: passed on as they came
  return Reflect.apply(details.end as ServerResponse["end"], this, arguments as never);
}

function flushHeaders(this: Watched): void {
  const exchange = this[EXCHANGE] as Exchange;
  exchange.wrote(this);
  (exchange.originals as Originals).flushHeaders.call(this);
}

interface Http2Response {
  readonly stream?: { readonly aborted?: boolean };
}
