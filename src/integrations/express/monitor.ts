import type { IncomingMessage, ServerResponse } from "node:http";
import type { Instrumented } from "../../instruments/internals.js";
import { type Exchange, exchangeOf, HttpServerRecorder } from "../http/exchange.js";
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

/** @see monitored */
const MONITORED = Symbol.for("auspex.express.monitored@0");

/**
 * Records every request of an Express app (4 or 5) by its route template, below the middleware.
 *
 * Call it before the routes are registered; most of what came before is found all the same. A second
 * call for the same app and monitor does nothing, and a monitored app mounted in a monitored one is
 * counted once. Costs one small object per request.
 * @throws TypeError if `app` is not an Express app
 */
export function monitorExpress(app: ExpressApplication, auspex: Instrumented): void {
  if (!isApp(app)) {
    throw new TypeError("monitorExpress: the first argument is not an Express app; give express()");
  }
  const monitored: Set<Instrumented> = ((app as unknown as Monitored)[MONITORED] ??= new Set());
  if (monitored.has(auspex)) return;
  monitored.add(auspex);
  const recorder = HttpServerRecorder.of(auspex);
  const { handle } = app;
  app.handle = function (this: App, request, response, callback): unknown {
    recorder.begin(request, response);
    const exchange = exchangeOf(response) as Exchange;
    exchange.place ??= rootOf(app, exchange);
    return handle.call(this, request, response, callback);
  };
  adoptApp(app);
}

interface Monitored {
  [MONITORED]?: Set<Instrumented>;
}

/**
 * The same as a classic middleware: `app.use(expressMiddleware(auspex))`, before the routes.
 *
 * What runs before it is not part of the duration. Prefer `monitorExpress`, which is cheaper.
 */
export function expressMiddleware(
  auspex: Instrumented,
): (request: IncomingMessage, response: ServerResponse, next: (error?: unknown) => void) => void {
  const recorder = HttpServerRecorder.of(auspex);
  return function auspexMiddleware(request: Request, response: ServerResponse, next: Next): void {
    recorder.begin(request, response);
    const { app } = request;
    if (app !== undefined) {
      const exchange = exchangeOf(response) as Exchange;
      if (exchange.place === undefined) {
        adoptRunningApp(app);
        exchange.place = rootOf(app, exchange);
      }
    }
    next();
  };
}

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
  if (parent === undefined || depth > 32) return "";
  const path = Array.isArray(mountpath) ? mountpath.join("|") : (mountpath ?? "/");
  return joinMount(prefixOf(parent, depth + 1), path);
}
