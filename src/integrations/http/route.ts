import { type Attributes, cleanAttributes } from "../../attributes/attributes.js";
import type { OperationFamily } from "../../instruments/family.js";
import type { GoldenSignals } from "../../instruments/golden-signals.js";
import type { HistogramSeries } from "../../instruments/histogram.js";
import type { Registry } from "../../instruments/registry.js";
import type { Clock } from "../../time/clock.js";
import { METHODS } from "./methods.js";

/** Status of a request whose client went away before the response was out (nginx's 499). */
const CLIENT_CLOSED = 499;

/** Small numbers for the status codes this process has answered with, so that outcomes are an array. */
const statusIndex = new Uint16Array(1000);
let statuses = 0;

function indexOfStatus(status: number): number {
  const known = statusIndex[status];
  if (known > 0 || !(status >= 0 && status < 1000)) return known ?? 0;
  statusIndex[status] = ++statuses;
  return statuses;
}

/** The signals of one method on one route, and its outcomes by status code. */
export class RouteOperation {
  private readonly byStatus: (HistogramSeries | undefined)[] = [];
  private aborted: HistogramSeries | undefined;

  constructor(readonly signals: GoldenSignals) {}

  /** Hot path: two array reads and one record. */
  answered(status: number, durationMs: number): void {
    const series = this.byStatus[statusIndex[status]] ?? this.firstAnswer(status);
    series.record(durationMs);
  }

  abortedAfter(durationMs: number): void {
    this.aborted ??= this.signals.outcome("aborted", "", {
      "http.response.status_code": CLIENT_CLOSED,
      // A handler may answer 499 itself: that is another series.
      "auspex.outcome": "aborted",
    });
    this.aborted.record(durationMs);
  }

  private firstAnswer(status: number): HistogramSeries {
    const code: Record<string, number> = status > 0 ? { "http.response.status_code": status } : {};
    const type = String(status);
    const series =
      status >= 500
        ? this.signals.outcome("error", type, { ...code, "error.type": type })
        : this.signals.outcome("ok", "", code);
    this.byStatus[indexOfStatus(status)] = series;
    return series;
  }
}

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

  readonly clock: Clock;

  constructor(private readonly registry: Registry) {
    this.clock = registry.clock;
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
    if (route === this.overflow) return new RouteOperation(this.#family.overflow.signals);
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
    return new RouteOperation(signals ?? this.#family.overflow.signals);
  }
}
