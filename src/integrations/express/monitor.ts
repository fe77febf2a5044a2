import { EventEmitter } from "node:events";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Instrumented } from "../../instruments/internals.js";
import type { Exchange } from "../http/exchange.js";
import { type HttpOptions, resolveHttpOptions } from "../http/options.js";
import { HttpServerRecorder } from "../http/recorder.js";
import { watchOf, watchServer } from "../http/server.js";
import { HttpWatch } from "../http/watch.js";
import { adoptApp, adoptRunningApp } from "./adopt.js";
import { Mount } from "./place.js";
import { type App, isApp, type Next, type Request, replace } from "./shapes.js";
import { joinMount } from "./template.js";

/** An Express application, 4 or 5. */
export interface ExpressApplication {
  // biome-ignore lint/suspicious/noExplicitAny: the types of Express 4 and 5 both fit
  use(...handlers: any[]): unknown;
  // biome-ignore lint/suspicious/noExplicitAny: as above
  set(setting: string, value: any): unknown;
}

const MONITORED = Symbol.for("auspex.express.monitored@0");

/**
 * Records every request of an Express app (4 or 5) by its route template, below the middleware.
 *
 * Call it before the routes are registered; most of what came before is found all the same. A second
 * call for the same app and monitor does nothing, and a monitored app mounted in a monitored one is
 * counted once. Costs one small object per request. The server that `app.listen` makes shows upgrades
 * and malformed requests as well; for one of your own, `monitorHttpServer` does.
 * @throws TypeError if `app` is not an Express app, or naming every fault of the options
 */
export function monitorExpress(
  app: ExpressApplication,
  auspex: Instrumented,
  options?: HttpOptions,
): void {
  if (!isApp(app)) {
    throw new TypeError("monitorExpress: the first argument is not an Express app; give express()");
  }
  const resolved = resolveHttpOptions(options, "monitorExpress");
  const monitored: Set<Instrumented> = ((app as unknown as Monitored)[MONITORED] ??= new Set());
  if (monitored.has(auspex)) return;
  monitored.add(auspex);
  const watch = new HttpWatch(HttpServerRecorder.of(auspex), resolved);
  watchHandle(app, (request, response) => watch.begin(request, response));
  watchListen(app, watch);
  adoptApp(app);
}

interface Monitored {
  [MONITORED]?: Set<Instrumented>;
}

/**
 * The same as a classic middleware: `app.use(expressMiddleware(auspex))`, before the routes.
 *
 * Only what passes it is recorded, from there on. Prefer `monitorExpress`: it is cheaper by what
 * Express needs for a middleware.
 * @throws TypeError naming every fault of the options
 */
export function expressMiddleware(
  auspex: Instrumented,
  options?: HttpOptions,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  const resolved = resolveHttpOptions(options, "expressMiddleware");
  const watch = new HttpWatch(HttpServerRecorder.of(auspex), resolved);
  const prepared = new WeakSet<App>();
  return function auspexMiddleware(request: Request, response: ServerResponse, next: Next): void {
    const { app } = request;
    const exchange = watch.begin(request, response);
    if (app !== undefined && exchange.place === undefined) {
      const top = topOf(app);
      if (!prepared.has(top)) {
        prepared.add(top);
        watchHandle(top, (first, second) => watch.prepare(first, second));
        adoptRunningApp(top);
      }
      adoptRunningApp(app);
      exchange.place = rootOf(app, exchange);
    }
    next();
  };
}

/** Shows an app's requests to `watch` first, and where they are in the tree of routers. */
function watchHandle(
  app: App,
  watch: (request: Request, response: ServerResponse) => Exchange,
): void {
  const { handle } = app;
  let root: Mount | undefined;
  app.handle = function (this: App, request, response, callback): unknown {
    const exchange = watch(request, response);
    if (exchange.place === undefined) {
      if (root?.routes !== exchange.routes) root = rootOf(app, exchange);
      exchange.place = root;
    }
    return handle.call(this, request, response, callback);
  };
}

/** Watches the server that `app.listen` makes, for what no app sees. */
function watchListen(app: App, watch: HttpWatch): void {
  const { listen } = app;
  if (listen === undefined) return;
  const { upgrade, clientError } = watchOf(watch);
  replace(app, "listen", function (this: App, ...args: unknown[]): unknown {
    const server = listen.apply(this, args);
    if (server instanceof EventEmitter) watchServer(server as Server, { upgrade, clientError });
    return server;
  });
}

/** Deeper is a mistake, or a circle. */
const MAX_DEPTH = 32;

const roots = new WeakMap<App, Mount>();

/** Where requests of an app begin; under the paths its parents, who are not watched, mount it on. */
function rootOf(app: App, { routes }: Exchange): Mount {
  let root = roots.get(app);
  if (root?.routes !== routes) {
    root = new Mount(routes, app, undefined, prefixOf(app));
    roots.set(app, root);
  }
  return root;
}

function prefixOf(app: App, depth = 0): string {
  const { parent, mountpath } = app;
  if (parent === undefined || depth > MAX_DEPTH) return "";
  const path = Array.isArray(mountpath) ? mountpath.join("|") : (mountpath ?? "/");
  return joinMount(prefixOf(parent, depth + 1), path);
}

function topOf(app: App): App {
  let top = app;
  for (let i = 0; i < MAX_DEPTH && top.parent !== undefined; i++) top = top.parent;
  return top;
}
