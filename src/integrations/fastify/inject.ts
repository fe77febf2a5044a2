import type { IncomingMessage, ServerResponse } from "node:http";
import type { FastifyInstance } from "fastify";
import type { HttpWatch } from "../http/watch.js";

type Dispatch = (this: unknown, request: IncomingMessage, response: ServerResponse) => unknown;

/** What `app.inject()` answers before it is awaited; of light-my-request. */
interface Chain {
  dispatch?: Dispatch;
}

/**
 * Shows injected requests to `watch` first, as a server shows real ones: a malformed URL never comes
 * to a hook.
 *
 * Those with a callback are seen by the hooks alone.
 */
export function watchInjected(app: FastifyInstance, watch: HttpWatch): void {
  const inject = app.inject as (this: unknown, ...args: unknown[]) => unknown;
  app.inject = function (this: unknown, ...args: unknown[]): unknown {
    const chain = Reflect.apply(inject, this, args) as Chain | undefined;
    const dispatch = chain?.dispatch;
    if (typeof dispatch !== "function") return chain;
    (chain as Chain).dispatch = function (this: unknown, request, response): unknown {
      watch.begin(request, response);
      return dispatch.call(this, request, response);
    };
    return chain;
  } as FastifyInstance["inject"];
}
