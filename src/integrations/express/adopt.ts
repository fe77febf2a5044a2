import type { ServerResponse } from "node:http";
import { siteOfRoute, type WatchedRouter, watchLayers } from "./layers.js";
import { type App, isApp, type ParamHandle, type Request, type Router, replace } from "./shapes.js";
import type { MountSite } from "./sites.js";

const adopted = new WeakSet<object>();

/** Mounts of an app whose target does not show, in the order they were made. */
const hiddenIn = new WeakMap<object, MountSite[]>();

/**
 * Watches what is registered on an app from now on, and what is already.
 *
 * Its router is made when Express makes it, never sooner: settings such as "strict routing" are read
 * at that moment.
 */
export function adoptApp(app: App): void {
  if (adopted.has(app)) return;
  adopted.add(app);
  const { use } = app;
  replace(app, "use", function (this: App, ...args: unknown[]): unknown {
    const result = use.apply(this, args);
    reveal(app, args);
    return result;
  });
  if (typeof app.lazyrouter === "function") adoptLazily(app, app.lazyrouter);
  else adoptAtAccess(app);
}

/** Express 4. */
function adoptLazily(app: App, lazyrouter: () => unknown): void {
  if (app._router !== undefined) adoptRouter(app._router, app);
  replace(app, "lazyrouter", function (this: App): unknown {
    const result = lazyrouter.call(this);
    if (app._router !== undefined) adoptRouter(app._router, app);
    return result;
  });
}

/** Express 5. */
function adoptAtAccess(app: App): void {
  const accessor = Object.getOwnPropertyDescriptor(app, "router");
  const get = accessor?.get;
  if (get === undefined || accessor?.configurable !== true) return;
  Object.defineProperty(app, "router", {
    ...accessor,
    get(this: App): unknown {
      const router = get.call(this) as Router;
      Object.defineProperty(app, "router", accessor);
      adoptRouter(router, app);
      return router;
    },
  });
}

/** An app that has answered requests before: its router exists. */
export function adoptRunningApp(app: App): void {
  if (adopted.has(app)) return;
  adoptApp(app);
  if (typeof app.lazyrouter !== "function") void app.router;
}

/** @param owner - the app whose own router it is, else the router itself */
export function adoptRouter(router: Router, owner: object): void {
  if (adopted.has(router) || !Array.isArray(router.stack)) return;
  adopted.add(router);
  const watched = watch(router, owner);
  watchLayers(watched);
  watchParameters(router);
  const { use, route, param } = router;
  replace(router, "use", function (this: Router, ...args: unknown[]): unknown {
    const result = use.apply(this, args);
    watchLayers(watched, hasPath(args) ? args[0] : "/");
    return result;
  });
  replace(router, "route", function (this: Router, path: unknown): unknown {
    const result = route.call(this, path);
    watchLayers(watched);
    return result;
  });
  replace(router, "param", function (this: Router, ...args: unknown[]): unknown {
    const result = param.apply(this, args);
    watchParameters(router);
    return result;
  });
}

function watch(router: Router, owner: object): WatchedRouter {
  const hidden: MountSite[] = [];
  hiddenIn.set(owner, hidden);
  return {
    router,
    owner,
    hasMount: false,
    adoptRouter: (sub) => adoptRouter(sub, sub),
    adoptApp,
    hidden: (site) => hidden.push(site),
    found: (site, app, request, response) => {
      site.resolve(app);
      adoptRunningApp(app);
      // This first request went in unwatched: say where it is.
      site.reach(request, response);
      reachRoute(request, response);
    },
  };
}

/** Whether `use` was given a path: its first argument, however deep in lists, is no function. */
function hasPath(args: readonly unknown[]): boolean {
  let first = args[0];
  while (Array.isArray(first) && first.length > 0) first = first[0];
  return typeof first !== "function";
}

/** `app.use(path, sub)` has wrapped each app into a function of its own: the last layers are theirs. */
function reveal(app: App, args: readonly unknown[]): void {
  const apps = args.flat(Number.POSITIVE_INFINITY).filter(isApp);
  const hidden = hiddenIn.get(app);
  if (apps.length === 0 || hidden === undefined) return;
  hidden.splice(-apps.length).forEach((site, at) => {
    const sub = apps[at] as App;
    site.resolve(sub);
    adoptApp(sub);
  });
}

/** Says which route the request is in, as its router says it. */
function reachRoute(request: Request, response: ServerResponse): void {
  if (request.route !== undefined) siteOfRoute.get(request.route)?.reach(request, response);
}

/** A parameter's callback may answer, or fail, before the route is dispatched. */
const bindBeforeParameter: ParamHandle = (request, response, next) => {
  reachRoute(request, response);
  next();
};

function watchParameters(router: Router): void {
  for (const callbacks of Object.values(router.params ?? {})) {
    if (callbacks !== undefined && callbacks[0] !== bindBeforeParameter) {
      callbacks.unshift(bindBeforeParameter);
    }
  }
}
