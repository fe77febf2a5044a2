import { ServerResponse } from "node:http";
import type { Details } from "./details.js";
import { EXCHANGE, type Exchange, type Observed } from "./exchange.js";

/** Marks what shows the first byte and the end of its responses: a prototype, or one response alone. */
const STANDS_IN = Symbol.for("auspex.standsIn@0");

type Watched = ServerResponse & Observed & { readonly [STANDS_IN]?: boolean };

interface Http2Response {
  readonly stream?: { readonly aborted?: boolean };
}

/**
 * Lets Node's responses show their first byte and their end. Once per process, when something is first
 * watched; responses without an exchange pass through.
 *
 * On the prototype, since Express's responses, Fastify's and those of `inject` all have it: three methods
 * as properties of each response cost 40 to 50 ns a request, listeners more, and either shows.
 */
export function standInForResponses(): void {
  standInOn(ServerResponse.prototype, false);
}

/**
 * Shows the first byte and the end of a response to its exchange, without a listener, a closure or a
 * trace in what the host sees of its listeners. A response that ends in one go calls neither `write` nor
 * `flushHeaders`.
 */
export function standIn(response: ServerResponse, exchange: Exchange, isHttp2: boolean): void {
  const known = (response as Observed)[EXCHANGE];
  (response as Observed)[EXCHANGE] = exchange;
  if ((response as Watched)[STANDS_IN] !== true) standInElsewhere(response, isHttp2);
  const { details } = exchange;
  if (details === undefined || !(isHttp2 || details.sizes !== undefined)) return;
  // A second monitor takes over from a first one that has not begun.
  details.end = known?.details?.end ?? response.end;
  response.end = end as ServerResponse["end"];
}

/** For a response of another class; one whose class is nobody's carries the methods itself. */
function standInElsewhere(response: ServerResponse, isHttp2: boolean): void {
  // Loaded already: it has made this response.
  const http2 = isHttp2 ? process.getBuiltinModule("node:http2") : undefined;
  const prototype = http2?.Http2ServerResponse.prototype as ServerResponse | undefined;
  if (prototype !== undefined) standInOn(prototype, true);
  if ((response as Watched)[STANDS_IN] !== true) standInOn(response, isHttp2);
}

function standInOn(target: ServerResponse, isHttp2: boolean): void {
  if ((target as Watched)[STANDS_IN] === true) return;
  // What is inherited is looked up at each call: others may stand in there later, as `domain` does.
  const parent = Object.getPrototypeOf(target) as ServerResponse;
  const before = <K extends "emit" | "write" | "flushHeaders">(
    name: K,
  ): Pick<ServerResponse, K> => {
    return Object.hasOwn(target, name) ? ({ [name]: target[name] } as never) : parent;
  };
  const [emitter, writer, flusher] = [before("emit"), before("write"), before("flushHeaders")];
  const define = (name: PropertyKey, value: unknown): void => {
    Object.defineProperty(target, name, { value, configurable: true, writable: true });
  };
  define(STANDS_IN, true);
  define("emit", function emit(this: Watched, event: string | symbol): boolean {
    const exchange = this[EXCHANGE];
    if (exchange !== undefined) {
      if (event === "finish") {
        // HTTP/2 responses `finish` when their stream is closed, by whomever.
        if (isHttp2 && (this as Http2Response).stream?.aborted === true) exchange.abort();
        else exchange.finish(this.statusCode);
      } else if (event === "close") exchange.abort();
    }
    // biome-ignore lint/complexity/noArguments: most events come alone; for those none need be made
    if (arguments.length === 1) return emitter.emit.call(this, event);
    // biome-ignore lint/complexity/noArguments: passed on as they came, without a copy
    return Reflect.apply(emitter.emit, this, arguments as never);
  });
  define("write", function write(this: Watched, chunk: unknown, encoding: unknown): boolean {
    this[EXCHANGE]?.wrote(this, chunk, encoding);
    // biome-ignore lint/complexity/noArguments: passed on as they came
    return Reflect.apply(writer.write, this, arguments as never);
  });
  define("flushHeaders", function flushHeaders(this: Watched): void {
    this[EXCHANGE]?.wrote(this);
    flusher.flushHeaders.call(this);
  });
}

function end(this: Watched, chunk: unknown, encoding: unknown): ServerResponse {
  const exchange = this[EXCHANGE] as Exchange;
  const details = exchange.details as Details;
  details.sizes?.add(chunk, encoding);
  details.isEnding = true;
  // biome-ignore lint/complexity/noArguments: passed on as they came
  return Reflect.apply(details.end as ServerResponse["end"], this, arguments as never);
}
