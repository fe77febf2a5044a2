import { type Attributes, cleanAttributes } from "../../attributes/attributes.js";
import type { OperationFamily } from "../../instruments/family.js";
import type { Registry } from "../../instruments/registry.js";
import type { Clock } from "../../time/clock.js";
import { METHODS } from "./methods.js";
import { BodyMetrics } from "./metrics.js";
import { type Outcomes, RouteOperation } from "./outcomes.js";

/** One route template, or what no route matched. */
export class Route {
  private readonly operations: (RouteOperation | undefined)[] = [];

  constructor(
    /** The template, `/users/:id`; undefined for what no route matched. */
    readonly template: string | undefined,
    readonly routes: Routes,
  ) {}

  /** @param index - of the method and scheme; see `exchangeIndex` */
  operation(index: number): RouteOperation {
    return this.operations[index] ?? this.first(index);
  }

  private first(index: number): RouteOperation {
    const operation = this.routes.makeOperation(this, index);
    this.operations[index] = operation;
    return operation;
  }
}

/** Method and scheme as one small number. */
export function exchangeIndex(method: number, encrypted: boolean): number {
  return method * 2 + (encrypted ? 1 : 0);
}

/** All routes of one monitor: one object per template, whoever registers it. */
export class Routes {
  readonly unmatched = new Route(undefined, this);
  /** Takes the requests of templates beyond the series limit. */
  readonly overflow = new Route(undefined, this);
  readonly #byTemplate = new Map<string, Route>();
  readonly #family: OperationFamily;
  readonly #metrics: BodyMetrics;
  #rest: Outcomes | undefined;

  readonly clock: Clock;

  constructor(private readonly registry: Registry) {
    this.clock = registry.clock;
    this.#metrics = new BodyMetrics(registry);
    this.#family = registry.family(
      {
        name: "http.server.request.duration",
        kind: "histogram",
        unit: "s",
        description: "Duration of HTTP server requests.",
      },
      {
        name: "http.server.active_requests",
        unit: "{request}",
        description: "Number of active HTTP server requests.",
        named: false,
      },
    );
  }

  /** Get or create; beyond the series limit, the route that takes the rest. */
  route(template: string): Route {
    let route = this.#byTemplate.get(template);
    if (route === undefined) {
      if (this.#byTemplate.size >= this.#family.instrument.limit) {
        this.#family.instrument.overflowed++;
        return this.overflow;
      }
      route = new Route(template, this);
      this.#byTemplate.set(template, route);
    }
    return route;
  }

  /** What another monitor's route is here. */
  same(route: Route): Route {
    return route.template === undefined ? this.unmatched : this.route(route.template);
  }

  makeOperation(route: Route, index: number): RouteOperation {
    if (route === this.overflow) return this.#overflowing();
    const { template } = route;
    const method = METHODS[index >> 1];
    const attributes: Attributes = cleanAttributes(
      {
        "http.request.method": method,
        "url.scheme": (index & 1) === 1 ? "https" : "http",
        ...(template === undefined ? {} : { "http.route": template }),
      },
      this.registry.tally.attributes,
    );
    const name = `${method} ${template ?? "(unmatched)"}`;
    const signals = this.#family.add(name, attributes);
    return signals === undefined ? this.#overflowing() : new RouteOperation(signals, this.#metrics);
  }

  /** Where requests go whose further attributes are beyond the limit of their operation. */
  rest(): Outcomes {
    this.#family.instrument.overflowed++;
    this.#rest ??= this.#overflowing();
    return this.#rest;
  }

  #overflowing(): RouteOperation {
    return new RouteOperation(this.#family.overflow.signals, this.#metrics);
  }
}
