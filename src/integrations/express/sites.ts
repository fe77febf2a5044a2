import type { ServerResponse } from "node:http";
import { type Exchange, exchangeOf } from "../http/exchange.js";
import type { Route } from "../http/route.js";
import { Mount } from "./place.js";
import type { App, Request } from "./shapes.js";

/** A layer that is watched, and whose it is: a router's, or that of an app's own router. */
export abstract class Site {
  constructor(readonly owner: object) {}

  /** The request has come to this layer. Never throws. */
  reach(request: Request, response: ServerResponse): void {
    const exchange = exchangeOf(response);
    if (exchange === undefined) return;
    const place = exchange.place;
    const mount =
      (place instanceof Mount ? place.climb(this.owner) : undefined) ??
      onlyMountOf(this.owner, exchange, 0);
    if (mount !== undefined) this.enter(exchange, mount, request);
  }

  protected abstract enter(exchange: Exchange, mount: Mount, request: Request): void;
}

/** A middleware without a path, behind a mount: the request is no longer in that. */
export class PassSite extends Site {
  protected enter(exchange: Exchange, mount: Mount): void {
    exchange.place = mount;
  }
}

/** A route. */
export class RouteSite extends Site {
  private mount: Mount | undefined;
  private route: Route | undefined;

  constructor(
    owner: object,
    private readonly path: unknown,
    /** Which of several alternatives the request took. */
    private readonly choose?: (request: Request) => unknown,
  ) {
    super(owner);
  }

  protected enter(exchange: Exchange, mount: Mount, request: Request): void {
    exchange.place = mount;
    if (this.choose !== undefined) {
      exchange.bind(mount.routeOf(this.choose(request) ?? this.path));
      return;
    }
    if (this.mount !== mount) {
      this.mount = mount;
      this.route = mount.routeOf(this.path);
    }
    exchange.bind(this.route as Route);
  }
}

/** A router, an app or a middleware under a path. */
export class MountSite extends Site {
  private parent: Mount | undefined;
  private child: Mount | undefined;

  constructor(
    owner: object,
    /** The router or app that is mounted; the site itself as long as that is unknown, or is neither. */
    public target: object | undefined,
    private readonly path: unknown,
    private readonly choose?: (request: Request) => unknown,
  ) {
    super(owner);
    if (target !== undefined) mounted(target, this);
  }

  /** The mounted app has become known. */
  resolve(app: App): void {
    this.target = app;
    this.parent = undefined;
    mounted(app, this);
  }

  mountIn(parent: Mount, path = this.path): Mount {
    return parent.mountOf(path === this.path ? this : keyOf(this, path), this.target ?? this, path);
  }

  protected enter(exchange: Exchange, parent: Mount, request: Request): void {
    const chosen = this.choose?.(request);
    if (chosen !== undefined) {
      exchange.place = this.mountIn(parent, chosen);
      return;
    }
    if (this.parent !== parent) {
      this.parent = parent;
      this.child = this.mountIn(parent);
    }
    exchange.place = this.child;
  }
}

const keys = new WeakMap<Site, Map<unknown, object>>();

/** One object per site and alternative. */
function keyOf(site: Site, path: unknown): object {
  let byPath = keys.get(site);
  if (byPath === undefined) keys.set(site, (byPath = new Map()));
  let key = byPath.get(path);
  if (key === undefined) byPath.set(path, (key = {}));
  return key;
}

const mountsOf = new WeakMap<object, Set<MountSite>>();

function mounted(target: object, site: MountSite): void {
  const sites = mountsOf.get(target) ?? new Set();
  mountsOf.set(target, sites.add(site));
}

/** Deeper is a mistake, or a circle. */
const MAX_DEPTH = 32;

/**
 * The node of a router when the request's own way is unknown, since the monitor saw it only behind the
 * mount; only a router mounted once has just one.
 */
function onlyMountOf(owner: object, exchange: Exchange, depth: number): Mount | undefined {
  if (exchange.place instanceof Mount && exchange.place.climb(owner) !== undefined) {
    return exchange.place.climb(owner);
  }
  // Inside some other mount: a wrapper handed the request on, and the one mount is not its way.
  if (exchange.place instanceof Mount && exchange.place.parent !== undefined) return undefined;
  const sites = mountsOf.get(owner);
  if (sites?.size !== 1 || depth > MAX_DEPTH) return undefined;
  const [site] = sites as Set<MountSite>;
  const parent = onlyMountOf((site as MountSite).owner, exchange, depth + 1);
  return parent === undefined ? undefined : (site as MountSite).mountIn(parent);
}
