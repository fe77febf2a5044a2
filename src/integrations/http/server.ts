import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Http2SecureServer, Http2Server } from "node:http2";
import { INTERNALS, type Instrumented } from "../../instruments/internals.js";
import { exchangeOf } from "./exchange.js";
import { HttpServerRecorder } from "./recorder.js";

export interface HttpServerOptions {
  /**
   * The route template of a request, `/users/:id`; undefined when none matches. Called once per
   * request; what it throws is counted as unmatched. Never answer the path itself.
   */
  readonly route?: (request: IncomingMessage) => string | undefined;
}

/**
 * Records every request of a bare `node:http`, `node:https` or `node:http2` server.
 *
 * Without `route`, name the route from a handler: `setRoute(response, "/users/:id")`.
 * @returns stop
 */
export function monitorHttpServer(
  server: Server | Http2Server | Http2SecureServer,
  auspex: Instrumented,
  options: HttpServerOptions = {},
): () => void {
  const recorder = HttpServerRecorder.of(auspex);
  const { route } = options;
  const refuse = (): void => {
    const fault = "the route callback threw, or answered a promise; such requests are unmatched";
    auspex[INTERNALS].diag.warn("http:route", fault);
  };
  if (route === undefined) {
    return watchServer(server, (request, response) => recorder.begin(request, response));
  }
  return watchServer(server, (request, response) => {
    recorder.begin(request, response);
    try {
      const template: unknown = route(request);
      if (typeof template === "string") setRoute(response, template);
      else if (template instanceof Promise) template.then(refuse, refuse);
    } catch {
      refuse();
    }
  });
}

/** Names the route of the request that `response` answers, by template. Never throws. */
export function setRoute(response: ServerResponse, template: string): void {
  exchangeOf(response)?.bindTemplate(String(template));
}

/**
 * Shows every request of a server to `watch` before anything else sees it.
 *
 * Stands in for `server.emit`: a second `request` listener would cost 64 bytes per request, Node
 * copies the list each time, and would come after listeners prepended later.
 * @returns stop
 */
export function watchServer(
  given: Server | Http2Server | Http2SecureServer,
  watch: (request: IncomingMessage, response: ServerResponse) => void,
): () => void {
  // The compatibility API of HTTP/2 hands out requests and responses with Node's own interface.
  const server = given as Server;
  const emit = server.emit as (this: Server, event: string, ...args: unknown[]) => boolean;
  const isOwn = Object.hasOwn(server, "emit");
  let watching = true;
  function watched(
    this: Server,
    event: string | symbol,
    request: IncomingMessage,
    response: ServerResponse,
  ): boolean {
    // Requests come as one of these; each is answered through its response all the same.
    if (event === "request" || event === "checkContinue" || event === "checkExpectation") {
      if (watching) watch(request, response);
      // Not by way of `arguments`: 40 ns less on each request.
      return emit.call(this, event, request, response);
    }
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
