import type { IncomingMessage, ServerResponse } from "node:http";
import { exchangeOf } from "../http/exchange.js";

type Next = (error?: unknown) => void;

/** A handler of Express 4 and 5, of a route or of middleware. */
// biome-ignore lint/suspicious/noExplicitAny: the types of Express 4 and 5, and narrower ones, all fit
export type ExpressHandler = (request: any, response: any, next: any) => unknown;

/**
 * Leaves the requests that reach it out of the record: `app.get("/health", unmonitored(handler))`, or
 * `unmonitored()` before other handlers. What answers earlier, an authentication, say, is recorded.
 * @returns a handler that is otherwise the same
 * @throws TypeError if `handler` is not a function of up to three arguments
 */
export function unmonitored(handler: ExpressHandler = pass): ExpressHandler {
  if (typeof handler !== "function" || handler.length > 3) {
    throw new TypeError(
      "unmonitored: give a handler of (request, response, next), a router, or nothing",
    );
  }
  const { length, name } = handler;
  function without(this: unknown, request: IncomingMessage, response: ServerResponse, next: Next) {
    exchangeOf(response)?.drop();
    return handler.call(this, request, response, next);
  }
  return Object.defineProperties(without, {
    length: { value: length, configurable: true },
    name: { value: name, configurable: true },
  });
}

function pass(_request: unknown, _response: unknown, next: Next): void {
  next();
}
