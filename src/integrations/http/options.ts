import type { IncomingMessage, ServerResponse } from "node:http";
import type { Attributes } from "../../attributes/attributes.js";

/** What may be chosen wherever HTTP requests are recorded: Express, Fastify and bare servers alike. */
export interface HttpOptions {
  /**
   * Whether to record a request: `false` leaves it out, in flight and all. Called once, at its arrival,
   * before any route is known. What it throws is counted, and the request recorded.
   */
  readonly filter?: (request: IncomingMessage) => boolean;
  /**
   * Requests to leave out: by path (`"/health"`, without the query) at their arrival, and by route
   * template (`"/internal/:check"`) once that is known. Exact texts.
   */
  readonly ignore?: readonly string[];
  /**
   * Further attributes of a request's durations and sizes, of low cardinality: a tenant's plan, never
   * its id. Called once per request when it is over (of an event stream: when it has begun), not for
   * upgrades. Beyond 32 sets on one route and method the request goes to the overflow series. What it
   * throws is counted, and the request recorded without.
   */
  readonly attributes?: (
    request: IncomingMessage,
    response: ServerResponse,
  ) => Attributes | undefined;
  /**
   * Whether to record `http.server.request.body.size` and `http.server.response.body.size`.
   * @default false
   */
  readonly bodySizes?: boolean;
}

/** `HttpOptions`, complete. */
export interface ResolvedHttpOptions {
  readonly filter: HttpOptions["filter"];
  readonly ignore: ReadonlySet<string> | undefined;
  readonly attributes: HttpOptions["attributes"];
  readonly bodySizes: boolean;
}

const NAMES = ["filter", "ignore", "attributes", "bodySizes"];

/**
 * Checks options and completes them.
 * @param where - who was given them: the error begins with it
 * @param further - names of options that are the caller's own
 * @throws TypeError naming every fault
 */
export function resolveHttpOptions(
  given: unknown,
  where: string,
  further: Readonly<Record<string, "function">> = {},
): ResolvedHttpOptions {
  if (given !== undefined && (typeof given !== "object" || given === null)) {
    throw new TypeError(`${where}: the options are ${show(given)}; give an object, or nothing`);
  }
  const options = (given ?? {}) as Record<string, unknown>;
  const faults: string[] = [];
  const expect = (name: string, type: "function" | "boolean", instead: string): void => {
    const value = options[name];
    if (value === undefined || typeof value === type) return;
    faults.push(`${name} is ${show(value)}; give ${instead}, or nothing`);
  };
  expect("filter", "function", "a function of the request that answers true or false");
  expect("attributes", "function", "a function of the request and the response");
  expect("bodySizes", "boolean", "true or false");
  for (const [name, type] of Object.entries(further)) expect(name, type, `a ${type}`);
  faults.push(...ignoreFaults(options.ignore));
  for (const name of Object.keys(options)) {
    if (NAMES.includes(name) || Object.hasOwn(further, name)) continue;
    const names = [...NAMES, ...Object.keys(further)].join(", ");
    faults.push(`${name.slice(0, 40)} is no option; there are ${names}`);
  }
  if (faults.length > 0) throw new TypeError(`${where}: ${faults.join("; ")}`);
  const { filter, ignore, attributes, bodySizes } = options as HttpOptions;
  return Object.freeze({
    filter,
    ignore: ignore === undefined || ignore.length === 0 ? undefined : new Set(ignore),
    attributes,
    bodySizes: bodySizes === true,
  });
}

function ignoreFaults(ignore: unknown): string[] {
  if (ignore === undefined) return [];
  if (!Array.isArray(ignore)) {
    return [`ignore is ${show(ignore)}; give a list of paths and templates, ["/health"]`];
  }
  return ignore.flatMap((entry, at) => {
    if (typeof entry === "string" && /^[/*]/.test(entry)) return [];
    return [`ignore[${at}] is ${show(entry)}; give a path or template, "/health"`];
  });
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 40));
  return typeof value === "object" && value !== null ? "an object" : String(value).slice(0, 40);
}
