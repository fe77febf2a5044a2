import { ATTRIBUTE_LIMITS } from "../../attributes/attributes.js";
import type { Internals } from "../../instruments/internals.js";
import type { OutboundOptions, OutboundRequest } from "./options.js";

/** The host's callbacks, guarded: what they do wrong is counted, and changes no request. */
export class Callbacks {
  readonly #options: OutboundOptions;
  readonly #tally: Internals["callbacks"];
  readonly #diag: Internals["diag"];

  constructor(options: OutboundOptions, { callbacks, diag }: Internals) {
    this.#options = options;
    this.#tally = callbacks;
    this.#diag = diag;
  }

  /** Whether there is any to call. */
  get any(): boolean {
    return this.#options.template !== undefined || this.#options.filter !== undefined;
  }

  isWanted(request: OutboundRequest): boolean {
    const { filter } = this.#options;
    if (filter === undefined) return true;
    const answer = this.#guarded("filter", filter, request);
    if (typeof answer === "boolean") return answer;
    if (answer !== FAILED) this.#refuse("filter", "answered no boolean");
    return true;
  }

  template(request: OutboundRequest): string | undefined {
    const { template } = this.#options;
    if (template === undefined) return undefined;
    const answer = this.#guarded("template", template, request);
    if (answer === undefined || answer === FAILED) return undefined;
    // Cut here, so that what is told apart by templates is told apart by their attribute too.
    if (typeof answer === "string") return answer.slice(0, ATTRIBUTE_LIMITS.value);
    this.#refuse("template", "answered no string");
    return undefined;
  }

  #guarded(name: string, call: (request: OutboundRequest) => unknown, request: OutboundRequest) {
    try {
      const answer: unknown = call(request);
      if (typeof answer === "object" || typeof answer === "function") swallow(answer);
      return answer;
    } catch {
      this.#refuse(name, "threw");
      return FAILED;
    }
  }

  #refuse(name: string, what: string): void {
    this.#tally.callbackErrors++;
    this.#diag.warn(`outbound:${name}`, `the ${name} callback of watchOutbound ${what}`);
  }
}

const FAILED = Symbol("failed");

/**
 * The rejection of an async answer must not take the process down, whoever made the promise: another
 * realm, another library. What a foreign `then` throws is a rejection here.
 */
function swallow(answer: unknown): void {
  Promise.prototype.then.call(Promise.resolve(answer), undefined, () => {});
}
