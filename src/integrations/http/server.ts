import type { IncomingMessage, Server, ServerResponse } from "node:http";
import { INTERNALS, type Instrumented } from "../../instruments/internals.js";
import { exchangeOf, HttpServerRecorder } from "./exchange.js";

export interface HttpServerOptions {
  /**
   * The route template of a request, `/users/:id`; undefined when none matches. Called once per
   * request; what it throws is counted as unmatched. Never answer the path itself.
   */
  readonly route?: (request: IncomingMessage) => string | undefined;
}

/**
 * Records every request of a bare `node:http` or `node:https` server.
 *
 * Without `route`, name the route from a handler: `setRoute(response, "/users/:id")`.
 * @returns stop
 */
export function monitorHttpServer(
  server: Server,
  auspex: Instrumented,
  options: HttpServerOptions = {},
): () => void {
  const recorder = HttpServerRecorder.of(auspex);
  const { route } = options;
  const watch = (request: IncomingMessage, response: ServerResponse): void => {
    recorder.begin(request, response);
    if (route === undefined) return;
    try {
      const template = route(request);
      if (typeof template === "string") setRoute(response, template);
    } catch {
      auspex[INTERNALS].diag.warn("http:route", "the route callback threw; the request is unmatched");
    }
  };
  // Requests come as one of these; each is answered through its response all the same.
  const events = ["request", "checkContinue", "checkExpectation"] as const;
  for (const event of events) {
    if (event === "request" || server.listenerCount(event) > 0) server.prependListener(event, watch);
  }
  return () => {
    for (const event of events) server.off(event, watch);
  };
}

/** Names the route of the request that `response` answers, by template. Never throws. */
export function setRoute(response: ServerResponse, template: string): void {
  exchangeOf(response)?.bindTemplate(String(template));
}
