/** A request to another service, as the callbacks of the option `outbound` see it. */
export class OutboundRequest {
  readonly #target: string;

  constructor(
    /** As the caller wrote it: `GET`. */
    readonly method: string,
    /** `api.example.com`, with the port where it is not that of the scheme. */
    readonly host: string,
    /** Path and query as sent. */
    target: string,
  ) {
    this.#target = target;
  }

  /** `/users/42`, without the query. */
  get path(): string {
    const query = this.#target.indexOf("?");
    return query < 0 ? this.#target : this.#target.slice(0, query);
  }
}

export interface OutboundOptions {
  /**
   * The template of a request's path, `/users/:id`: it becomes `url.template`. Undefined when there
   * is none. Called once per request; what it throws is counted. Never answer the path itself.
   * @default no templates: one operation per host and method
   */
  readonly template?: (request: OutboundRequest) => string | undefined;
  /**
   * `false` leaves a request out. Called once per request; when it throws, the request is recorded.
   * @default every request is recorded
   */
  readonly filter?: (request: OutboundRequest) => boolean;
}

/**
 * A copy of the options, so that each is read once.
 * @throws TypeError listing every fault of the options and how to mend it
 */
export function checkedOptions(options: OutboundOptions | null | undefined): OutboundOptions {
  const faults: string[] = [];
  const checked: Record<string, unknown> = {};
  for (const name of ["template", "filter"] as const) {
    let given: unknown;
    try {
      given = options?.[name];
    } catch {
      faults.push(`${name} cannot be read; give a function of a request, or leave it out`);
      continue;
    }
    if (given === undefined || typeof given === "function") checked[name] = given;
    else
      faults.push(`${name} is ${describe(given)}; give a function of a request, or leave it out`);
  }
  if (faults.length > 0) throw new TypeError(`watchOutbound: ${faults.join("; ")}`);
  return checked;
}

function describe(given: unknown): string {
  return given === null ? "null" : `a ${typeof given}`;
}
