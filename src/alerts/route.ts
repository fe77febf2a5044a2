import type { Matchers } from "./matcher.js";
import { matchersOf } from "./matcher.js";
import type { Escalation, RouteSettings } from "./options.js";

type Labels = Readonly<Record<string, string>>;

/** A route with everything that it takes from those around it. */
export interface ResolvedRoute extends Required<RouteSettings> {
  /** Its place in the tree: `/` is the outermost. */
  readonly id: string;
  readonly match: Matchers | undefined;
  readonly continue: boolean;
  readonly routes: readonly ResolvedRoute[];
  readonly escalate: readonly Escalation[];
  /** Instead of `groupWaitMs` and `repeatIntervalMs` while nothing critical fires. */
  readonly calmWaitMs: number;
  readonly calmRepeatMs: number;
}

/** The tree of routes, ready to be asked. */
export class Routes {
  readonly #nodes = new Map<string, Node>();

  constructor(private readonly root: ResolvedRoute) {
    this.#index(root);
  }

  /** Where an alert goes: at least one route. Depth first, as in Alertmanager. */
  of(labels: Labels): readonly ResolvedRoute[] {
    return this.#within(this.root, labels);
  }

  /** The outermost stands in for one that a new version of the application no longer has. */
  byId(id: string): ResolvedRoute {
    return this.#nodes.get(id)?.route ?? this.root;
  }

  #within(route: ResolvedRoute, labels: Labels): readonly ResolvedRoute[] {
    const found: ResolvedRoute[] = [];
    for (const inner of route.routes) {
      if (this.#nodes.get(inner.id)?.fits?.(labels) === false) continue;
      found.push(...this.#within(inner, labels));
      if (!inner.continue) break;
    }
    return found.length > 0 ? found : [route];
  }

  #index(route: ResolvedRoute): void {
    this.#nodes.set(route.id, { route, fits: matchersOf(route.match) });
    for (const inner of route.routes) this.#index(inner);
  }
}

interface Node {
  readonly route: ResolvedRoute;
  /** Undefined: all. */
  readonly fits: ((labels: Labels) => boolean) | undefined;
}
