import type { Place } from "../http/exchange.js";
import type { Route, Routes } from "../http/route.js";
import { joinMount, joinRoute } from "./template.js";

/**
 * A node of the tree of mounts: one way to reach one router. A request points at the node it is in.
 *
 * Nothing resets the pointer when a router passes a request on: a layer of router R that is reached
 * next first climbs to the node of R, so no `next` is wrapped.
 */
export class Mount implements Place {
  readonly #routes = new Map<unknown, Route>();
  readonly #mounts = new Map<object, Mount>();
  #route: Route | undefined;

  constructor(
    readonly routes: Routes,
    /** Whose layers are reached through this node: a router or an app; else the layer itself. */
    readonly owner: object,
    readonly parent: Mount | undefined,
    readonly prefix: string,
  ) {}

  /** What is answered on the way, by a middleware of this mount, counts for its prefix. */
  get route(): Route | undefined {
    if (this.prefix === "") return undefined;
    this.#route ??= this.routes.route(this.prefix);
    return this.#route;
  }

  /** The node of `owner` here or further up; undefined when the request came another way. */
  climb(owner: object): Mount | undefined {
    let mount: Mount | undefined = this;
    while (mount !== undefined && mount.owner !== owner) mount = mount.parent;
    return mount;
  }

  /** Cold: callers keep it. */
  routeOf(path: unknown): Route {
    let route = this.#routes.get(path);
    if (route === undefined) {
      route = this.routes.route(joinRoute(this.prefix, path));
      this.#routes.set(path, route);
    }
    return route;
  }

  /** Cold: callers keep it. One node per layer (`at`), so that a router mounted twice has two. */
  mountOf(at: object, owner: object, path: unknown): Mount {
    let mount = this.#mounts.get(at);
    if (mount === undefined || mount.owner !== owner) {
      mount = new Mount(this.routes, owner, this, joinMount(this.prefix, path));
      this.#mounts.set(at, mount);
    }
    return mount;
  }
}
