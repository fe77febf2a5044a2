import type { IncomingMessage, ServerResponse } from "node:http";
import { type Attributes, cleanAttributes } from "../../attributes/attributes.js";
import { isThenable, silence } from "../../diag/guarded-call.js";
import type { ResolvedHttpOptions } from "./options.js";
import type { HttpServerRecorder } from "./recorder.js";

const NONE: Attributes = Object.freeze({});

/** What the record itself says, and no callback. */
const OWN = new Set([
  "http.request.method",
  "url.scheme",
  "http.route",
  "http.response.status_code",
  "error.type",
  "auspex.outcome",
]);

/** The callbacks of a wiring's options, guarded: what they throw, or answer wrongly, is counted. */
export class HttpCallbacks {
  constructor(
    private readonly options: ResolvedHttpOptions,
    private readonly recorder: HttpServerRecorder,
  ) {}

  /** Whether the request is recorded; in doubt it is. */
  accepts(request: IncomingMessage): boolean {
    const { filter, ignore } = this.options;
    if (ignore?.has(pathOf(request)) === true) return false;
    if (filter === undefined) return true;
    const answer = this.#guard(() => filter(request));
    if (typeof answer !== "boolean" && answer !== FAILED) this.#wrong(answer);
    return answer !== false;
  }

  /** Further attributes of a request; none in doubt. */
  attributes(request: IncomingMessage, response: ServerResponse): Attributes {
    const { attributes } = this.options;
    const answer = this.#guard(() => attributes?.(request, response));
    if (answer === undefined || answer === FAILED) return NONE;
    if (typeof answer !== "object" || answer === null || isThenable(answer)) {
      this.#wrong(answer);
      return NONE;
    }
    const clean = cleanAttributes(answer, this.recorder.registry.tally.attributes);
    const names = Object.keys(clean);
    if (!names.some((name) => OWN.has(name))) return clean;
    return Object.fromEntries(Object.entries(clean).filter(([name]) => !OWN.has(name)));
  }

  #guard(call: () => unknown): unknown {
    try {
      return call();
    } catch {
      this.recorder.callbacks.callbackErrors++;
      return FAILED;
    }
  }

  #wrong(answer: unknown): void {
    this.recorder.callbacks.callbackErrors++;
    // A rejection that nobody handles would end the process.
    if (isThenable(answer)) silence(answer);
  }
}

const FAILED = Symbol("failed");

/** The path of the request as it came in, without its query. */
function pathOf(request: IncomingMessage & { readonly originalUrl?: string }): string {
  const { originalUrl, url: own = "" } = request;
  const url = typeof originalUrl === "string" ? originalUrl : own;
  const query = url.indexOf("?");
  return query < 0 ? url : url.slice(0, query);
}
