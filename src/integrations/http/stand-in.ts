import type { ServerResponse } from "node:http";
import type { Details } from "./details.js";
import { EXCHANGE, type Exchange, type Observed } from "./exchange.js";

/**
 * Stands in for methods of a response, so that its first byte and its end are seen without a listener,
 * a closure or a trace in what the host sees of its listeners.
 *
 * A response that ends in one go calls neither `write` nor `flushHeaders`: it pays for the properties.
 */
export function standIn(response: ServerResponse, exchange: Exchange, isHttp2: boolean): void {
  (response as Observed)[EXCHANGE] = exchange;
  response.emit = (isHttp2 ? emitOfStream : emit) as ServerResponse["emit"];
  response.write = write as ServerResponse["write"];
  if (!exchange.watch.hasPrototype) response.flushHeaders = flushHeaders;
  const { details } = exchange;
  if (details === undefined || !(isHttp2 || details.sizes !== undefined)) return;
  details.end = response.end;
  response.end = end as ServerResponse["end"];
}

type Watched = ServerResponse & Observed;

function emit(this: Watched, event: string | symbol): boolean {
  const exchange = this[EXCHANGE] as Exchange;
  if (event === "finish") exchange.finish(this.statusCode);
  else if (event === "close") exchange.abort();
  // Most events come alone; for those no `arguments` need be made.
  // biome-ignore lint/complexity/noArguments: passed on as they came, without a copy
  if (arguments.length === 1) return exchange.emit.call(this, event);
  // biome-ignore lint/complexity/noArguments: as above
  return Reflect.apply(exchange.emit, this, arguments as never);
}

/** The same for HTTP/2, whose responses `finish` when their stream is closed, by whomever. */
function emitOfStream(this: Watched & Http2Response, event: string | symbol): boolean {
  const exchange = this[EXCHANGE] as Exchange;
  if (event === "finish") {
    if (this.stream?.aborted === true) exchange.abort();
    else exchange.finish(this.statusCode);
  } else if (event === "close") exchange.abort();
  // biome-ignore lint/complexity/noArguments: passed on as they came, without a copy
  return Reflect.apply(exchange.emit, this, arguments as never);
}

function write(this: Watched, chunk: unknown, encoding: unknown): boolean {
  const exchange = this[EXCHANGE] as Exchange;
  exchange.wrote(this);
  exchange.details?.sizes?.add(chunk, encoding);
  // biome-ignore lint/complexity/noArguments: passed on as they came
  return Reflect.apply(exchange.write, this, arguments as never);
}

/** Some responses end by way of `write`, which is then no part of a stream. */
function end(this: Watched, chunk: unknown, encoding: unknown): ServerResponse {
  const exchange = this[EXCHANGE] as Exchange;
  const details = exchange.details as Details;
  details.sizes?.add(chunk, encoding);
  this.write = exchange.write;
  // biome-ignore lint/complexity/noArguments: passed on as they came
  return Reflect.apply(details.end as ServerResponse["end"], this, arguments as never);
}

function flushHeaders(this: Watched): void {
  const exchange = this[EXCHANGE] as Exchange;
  exchange.wrote(this);
  exchange.flushHeaders.call(this);
}

interface Http2Response {
  readonly stream?: { readonly aborted?: boolean };
}
