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

/** What to do with what a layer mounts. */
export interface Adopter {
  router(router: Router): void;
  app(app: App): void;
  /** A layer that hides the app it mounts. */
  hidden(site: MountSite): void;
}

/** Routes to their sites, for those who know only the route. */
export const siteOfRoute = new WeakMap<object, RouteSite>();

const seen = new WeakSet<Layer>();

/**
 * Watches the layers of a router that are not watched yet.
 * @param given - the path they were registered with, when it is known
 */
export function watchLayers(
  router: Router,
  owner: object,
  adopter: Adopter,
  given?: unknown,
): void {
  const { stack } = router;
  let from = stack.length;
  while (from > 0 && !seen.has(stack[from - 1] as Layer)) from--;
  let hasMount = stack.slice(0, from).some((layer) => mounts.has(layer));
  for (const layer of stack.slice(from)) {
    seen.add(layer);
    const site = siteOf(layer, router, owner, adopter, given, hasMount);
    if (site === undefined) continue;
    if (site instanceof MountSite) {
      hasMount = true;
      mounts.add(layer);
    }
    watchLayer(layer, site);
  }
}

const mounts = new WeakSet<Layer>();

function siteOf(
  layer: Layer,
  router: Router,
  owner: object,
  adopter: Adopter,
  given: unknown,
  hasMount: boolean,
): Site | undefined {
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
    adopter.app(handle);
    return new MountSite(owner, handle, path, choose);
  }
  if (isRouter(handle)) {
    adopter.router(handle);
    return new MountSite(owner, handle, path, choose);
  }
  if (handle.name === "mounted_app") {
    const site = new MountSite(owner, undefined, path, choose);
    adopter.hidden(site);
    return site;
  }
  if (path !== "/" && path !== "") return new MountSite(owner, undefined, path, choose);
  return hasMount ? new PassSite(owner) : undefined;
}

/**
 * Shows `site` every request that reaches the layer, before the layer. The layer's `handle` stays what
 * it is: tools that list routes look at it.
 */
function watchLayer(layer: Layer, site: Site): void {
  const method = layer.handleRequest === undefined ? "handle_request" : "handleRequest";
  const original = layer[method] as Handle;
  const isHidden = site instanceof MountSite && layer.handle.name === "mounted_app";
  replace(
    layer,
    method,
    isHidden
      ? function (this: Layer, ...[request, response, next]: Parameters<Handle>): unknown {
          site.reach(request, response);
          if (site.target !== undefined) return original.call(this, request, response, next);
          const before = request.app;
          const result = original.call(this, request, response, next);
          // The app has put itself into the request by now, unless it has passed it on.
          const { app } = request;
          if (app !== before && isApp(app)) foundApp?.(site, app, request, response);
          return result;
        }
      : function (this: Layer, ...[request, response, next]: Parameters<Handle>): unknown {
          site.reach(request, response);
          return original.call(this, request, response, next);
        },
  );
}

type FoundApp = (
  site: MountSite,
  app: App,
  request: Request,
  response: Parameters<Handle>[1],
) => void;
let foundApp: FoundApp | undefined;

export function onFoundApp(found: FoundApp): void {
  foundApp = found;
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
