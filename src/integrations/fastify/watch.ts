import type { Server } from "node:http";
import type { FastifyInstance, FastifyReply, FastifyRequest, RouteOptions } from "fastify";
import type { Instrumented } from "../../instruments/internals.js";
import { exchangeOf } from "../http/exchange.js";
import type { ResolvedHttpOptions } from "../http/options.js";
import { HttpServerRecorder } from "../http/recorder.js";
import type { Route } from "../http/route.js";
import { watchOf, watchServer } from "../http/server.js";
import { HttpWatch } from "../http/watch.js";
import { watchInjected } from "./inject.js";

/** Marks the routes whose handler binds their template. */
const WATCHED = Symbol("auspex.watched");

interface RouteConfig {
  /** `false`: requests of this route are not recorded. */
  readonly auspex?: false;
  readonly [WATCHED]?: boolean;
}

/** What this integration touches of Fastify's own context of a route. */
interface Context {
  readonly config?: RouteConfig & { readonly url?: string };
  onRequest: unknown[] | null;
  readonly preParsing: unknown;
  readonly preValidation: unknown;
  readonly preHandler: unknown;
}

/**
 * Records every request of a Fastify app by its route template.
 *
 * A request begins where the server emits it, so that malformed URLs and a closing server count, and
 * takes its template from the wrapped handler. A hook on every request would do as well, and costs
 * 290 bytes each (3.8 % of a hello world): so the `onRequest` hook is there for those who need it
 * (`inject`, hooks that answer, routes registered too early) and leaves the other routes at their
 * first request.
 */
export function watchFastify(
  app: FastifyInstance,
  auspex: Instrumented,
  options: ResolvedHttpOptions,
): void {
  const watch = new HttpWatch(HttpServerRecorder.of(auspex), options);
  const { routes } = watch;
  const events = watchOf(watch);
  watchServer(app.server as Server, events);
  // On "localhost" Fastify listens with one more server per further address.
  app.addHook("onListen", (done) => {
    for (const server of furtherServers(app)) watchServer(server, events);
    done();
  });
  watchInjected(app, watch);

  /** @param route - undefined when the route is not to be recorded */
  const bind = (request: FastifyRequest, reply: FastifyReply, route: Route | undefined): void => {
    const exchange = exchangeOf(reply.raw) ?? watch.begin(request.raw, reply.raw);
    if (route === undefined) exchange.drop();
    else exchange.bind(route);
  };
  const routeOf = (url: string, config: unknown): Route | undefined => {
    return (config as RouteConfig | undefined)?.auspex === false ? undefined : routes.route(url);
  };

  app.addHook("onRoute", (options: RouteOptions) => {
    const route = routeOf(options.url, options.config);
    const { handler, onError } = options;
    options.handler = function (request, reply) {
      bind(request, reply, route);
      return handler.call(this, request, reply);
    };
    // Validation and body parsing fail before the handler.
    const bindError: typeof onError = (request, reply, _error, done) => {
      bind(request, reply, route);
      done();
    };
    options.onError = [bindError].concat(onError ?? []);
    options.config = Object.assign({}, options.config, { [WATCHED]: true });
  });

  app.addHook("onRequest", function auspexOnRequest(request, reply, done) {
    const context = contextOf(request);
    const { config, url } = context === undefined ? request.routeOptions : fromContext(context);
    if (url === undefined) watch.begin(request.raw, reply.raw);
    else {
      bind(request, reply, routeOf(url, config));
      if (context !== undefined) leave(context);
    }
    done();
  });
}

function fromContext({ config }: Context) {
  return { config, url: config?.url };
}

/** Takes the hook, the only one, out of a route whose handler does the same. */
function leave(context: Context): void {
  if (context.config?.[WATCHED] !== true || context.onRequest?.length !== 1) return;
  if (context.preParsing || context.preValidation || context.preHandler) return;
  context.onRequest = null;
}

let contextKey: symbol | undefined;

/** A route's context hangs on each request by a symbol that Fastify keeps to itself. */
function contextOf(request: FastifyRequest): Context | undefined {
  const holder = request as unknown as Record<symbol, Context | undefined>;
  if (contextKey === undefined || holder[contextKey] === undefined) {
    contextKey = symbolOf(request, "fastify.context");
  }
  return contextKey === undefined ? undefined : holder[contextKey];
}

function furtherServers(app: FastifyInstance): readonly Server[] {
  const key = symbolOf(app, "fastify.serverBindings");
  const servers = key && (app as unknown as Record<symbol, unknown>)[key];
  return Array.isArray(servers) ? servers : [];
}

function symbolOf(holder: object, description: string): symbol | undefined {
  return Object.getOwnPropertySymbols(holder).find((symbol) => symbol.description === description);
}
