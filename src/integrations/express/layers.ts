import type { ServerResponse } from "node:http";
import { pathFromMatch, registeredPath } from "./recover.js";
import {
  type App,
  type Handle,
  isApp,
  isRouter,
  type Layer,
  type LayerClass,
  type Request,
  type Router,
  replace,
} from "./shapes.js";
import { MountSite, PassSite, RouteSite, type Site } from "./sites.js";
import { alternativesOf, textOf } from "./template.js";

/** One router that is watched, and what to do with what its layers mount. */
export interface WatchedRouter {
  readonly router: Router;
  /** The app whose own router it is, else the router itself. */
  readonly owner: object;
  /** Whether a layer so far leads somewhere that later ones have to lead back from. */
  hasMount: boolean;
  adoptRouter(router: Router): void;
  adoptApp(app: App): void;
  /** A layer hides the app it mounts. */
  hidden(site: MountSite): void;
  /** A request shows which. */
  found(site: MountSite, app: App, request: Request, response: ServerResponse): void;
}

/** Routes to their sites, for those who know only the route. */
export const siteOfRoute = new WeakMap<object, RouteSite>();

const seen = new WeakSet<Layer>();

/**
 * Watches the layers of a router that are not watched yet.
 * @param given - the path they were registered with, when it is known
 */
export function watchLayers(watched: WatchedRouter, given?: unknown): void {
  const { stack } = watched.router;
  let from = stack.length;
  while (from > 0 && !seen.has(stack[from - 1] as Layer)) from--;
  for (const layer of stack.slice(from)) {
    seen.add(layer);
    const site = siteOf(layer, watched, given);
    if (site instanceof MountSite) watched.hasMount = true;
    if (site !== undefined) watchLayer(layer, site, watched);
  }
}

function siteOf(layer: Layer, watched: WatchedRouter, given: unknown): Site | undefined {
  const { router, owner } = watched;
  const { route, handle } = layer;
  if (route !== undefined) {
    const [path, choose] = pathOf(layer, router, route.path, true);
    const site = new RouteSite(owner, path, choose);
    siteOfRoute.set(route, site);
    return site;
  }
  // Handlers of errors are reached by another way, and never mount anything.
  if (handle.length > 3) return undefined;
  const [path, choose] = pathOf(layer, router, given ?? registeredPath(layer), false);
  if (isApp(handle)) {
    watched.adoptApp(handle);
    return new MountSite(owner, handle, path, choose);
  }
  if (isRouter(handle)) {
    watched.adoptRouter(handle);
    return new MountSite(owner, handle, path, choose);
  }
  if (isMountedApp(layer)) {
    const site = new MountSite(owner, undefined, path, choose);
    watched.hidden(site);
    return site;
  }
  if (path !== "/" && path !== "") return new MountSite(owner, undefined, path, choose);
  return watched.hasMount ? new PassSite(owner) : undefined;
}

/** `app.use(path, sub)` wraps an app into a function of this name. */
function isMountedApp(layer: Layer): boolean {
  return layer.handle.name === "mounted_app";
}

/**
 * Shows `site` every request that reaches the layer, before the layer. The layer's `handle` stays what
 * it is: tools that list routes look at it.
 */
function watchLayer(layer: Layer, site: Site, watched: WatchedRouter): void {
  const method = layer.handleRequest === undefined ? "handle_request" : "handleRequest";
  const original = layer[method] as Handle;
  const handle: Handle = function (this: Layer, request, response, next): unknown {
    site.reach(request, response);
    return original.call(this, request, response, next);
  };
  const handleHidden: Handle = function (this: Layer, request, response, next): unknown {
    site.reach(request, response);
    const before = request.app;
    const result = original.call(this, request, response, next);
    if ((site as MountSite).target !== undefined) return result;
    // The app has put itself into the request by now, unless it has passed it on.
    const { app } = request;
    if (app !== before && isApp(app)) watched.found(site as MountSite, app, request, response);
    return result;
  };
  replace(layer, method, isMountedApp(layer) ? handleHidden : handle);
}

/** The path that stands in the template, and how to choose among alternatives. */
function pathOf(
  layer: Layer,
  router: Router,
  given: unknown,
  isRoute: boolean,
): [path: unknown, choose?: (request: Request) => unknown] {
  if (given === undefined) {
    let learned: unknown;
    return [
      ":param",
      () => {
        learned ??= layer.path === undefined ? undefined : pathFromMatch(layer, layer.path);
        return learned;
      },
    ];
  }
  const alternatives = alternativesOf(given);
  if (alternatives.length === 1) return [alternatives[0]];
  const all = alternatives.map(textOf).join("|");
  const LayerOf = layer.constructor as LayerClass;
  const strict = isRoute && router.strict === true;
  const options = { sensitive: router.caseSensitive, strict, end: isRoute };
  let layers: Layer[] | undefined;
  return [
    all,
    (request) => {
      const pattern = matchedPattern(request);
      if (pattern !== undefined) return alternatives.includes(pattern) ? pattern : undefined;
      const { path } = layer;
      if (path === undefined) return undefined;
      layers ??= alternatives.map((each) => new LayerOf(each, options, layer.handle));
      return alternatives[layers.findIndex((each) => each.match(path))];
    },
  ];
}

const PATTERN = "router.tracing.matchedRoute";
let patternKey: symbol | undefined;

/** The alternative that the router of Express 5.3 and later says has matched. */
function matchedPattern(request: Request): unknown {
  if (patternKey === undefined || !Object.hasOwn(request, patternKey)) {
    patternKey = Object.getOwnPropertySymbols(request).find(
      ({ description }) => description === PATTERN,
    );
  }
  return patternKey && (request as unknown as Record<symbol, unknown>)[patternKey];
}
