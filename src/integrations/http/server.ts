import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import type { Socket } from "node:net";
import { INTERNALS, type Instrumented } from "../../instruments/internals.js";
import { type Exchange, exchangeOf } from "./exchange.js";
import { type HttpOptions, resolveHttpOptions } from "./options.js";
import { HttpServerRecorder } from "./recorder.js";
import { isSocket } from "./upgrade.js";
import { HttpWatch } from "./watch.js";

export interface HttpServerOptions extends HttpOptions {
  /**
   * The route template of a request, `/users/:id`; undefined when none matches, `false` when the request
   * is not to be recorded. Called once per request; what it throws is counted, and the request as
   * unmatched. Never answer the path itself.
   */
  readonly route?: (request: IncomingMessage) => string | false | undefined;
}

type AnyServer = Server | Http2Server | Http2SecureServer;

/**
 * Records every request of a bare `node:http`, `node:https` or `node:http2` server.
 *
 * Without `route`, name the route from a handler: `setRoute(response, "/users/:id")`. Beside
 * `monitorExpress` it records what Express does not see: upgrades, and what is no request.
 * @returns stop
 * @throws TypeError naming every fault of the options
 */
export function monitorHttpServer(
  server: AnyServer,
  auspex: Instrumented,
  options?: HttpServerOptions,
): () => void {
  const resolved = resolveHttpOptions(options, "monitorHttpServer", { route: "function" });
  const watch = new HttpWatch(HttpServerRecorder.of(auspex), resolved);
  const { route } = options ?? {};
  if (route === undefined) return watchServer(server, watchOf(watch));
  const { diag, callbacks } = auspex[INTERNALS];
  const refuse = (): void => {
    callbacks.callbackErrors++;
    diag.warn("http:route", ROUTE_FAULT);
  };
  const bind = (exchange: Exchange, request: IncomingMessage): void => {
    try {
      const template: unknown = route(request);
      if (typeof template === "string") exchange.bindTemplate(template);
      else if (template === false) exchange.drop();
      else if (template instanceof Promise) template.then(refuse, refuse);
    } catch {
      refuse();
    }
  };
  return watchServer(server, watchOf(watch, bind));
}

const ROUTE_FAULT = "the route callback threw, or answered a promise; such requests are unmatched";

/** Names the route of the request that `response` answers, by template. Never throws. */
export function setRoute(response: ServerResponse, template: string): void {
  exchangeOf(response)?.bindTemplate(String(template));
}

/** What a server shows before anything else sees it. None of it may throw. */
interface ServerEvents {
  request?(request: IncomingMessage, response: ServerResponse): void;
  upgrade(request: IncomingMessage, socket: Socket): void;
  clientError(error: unknown, socket: Socket): void;
}

/** Begins to record what a server shows. */
export function watchOf(
  watch: HttpWatch,
  begun?: (exchange: Exchange, request: IncomingMessage) => void,
): Required<ServerEvents> {
  return {
    request:
      begun === undefined
        ? (request, response) => watch.begin(request, response)
        : (request, response) => begun(watch.begin(request, response), request),
    upgrade: (request, socket) => {
      const exchange = watch.upgrade(request, socket);
      begun?.(exchange, request);
    },
    clientError: (error, socket) => watch.clientError(error, socket),
  };
}

/**
 * Shows what a server emits to `watch` before anything else sees it.
 *
 * Stands in for `server.emit`: a second `request` listener would cost 64 bytes per request, Node
 * copies the list each time, and would come after listeners prepended later.
 * @returns stop
 */
export function watchServer(given: AnyServer, watch: ServerEvents): () => void {
  // The compatibility API of HTTP/2 hands out requests and responses with Node's own interface.
  const server = given as Server;
  const emit = server.emit as (this: Server, event: string, ...args: unknown[]) => boolean;
  const isOwn = Object.hasOwn(server, "emit");
  const { request: watchRequest } = watch;
  let watching = true;
  function watched(
    this: Server,
    event: string | symbol,
    request: IncomingMessage,
    response: ServerResponse,
  ): boolean {
    // Requests come as one of these; each is answered through its response all the same.
    if (event === "request" || event === "checkContinue" || event === "checkExpectation") {
      if (watching) watchRequest?.(request, response);
      // Not by way of `arguments`: 40 ns less on each request.
      return emit.call(this, event, request, response);
    }
    if (watching) showOther(watch, event, request, response);
    // biome-ignore lint/complexity/noArguments: passed on as they came, without a copy
    return Reflect.apply(emit, this, arguments);
  }
  server.emit = watched as Server["emit"];
  return () => {
    watching = false;
    if (server.emit !== watched) return;
    if (isOwn) server.emit = emit as Server["emit"];
    else Reflect.deleteProperty(server, "emit");
  };
}

function showOther(watch: ServerEvents, event: string | symbol, first: unknown, second: unknown) {
  if (event === "upgrade" || event === "connect") {
    const request = first as IncomingMessage;
    if (!isSocket(second) || typeof first !== "object" || first === null) return;
    // A CONNECT of HTTP/2 comes with a response.
    if (request.httpVersionMajor > 1) watch.request?.(request, second as unknown as ServerResponse);
    else watch.upgrade(request, second);
  } else if (event === "clientError" && isSocket(second)) watch.clientError(first, second);
}
