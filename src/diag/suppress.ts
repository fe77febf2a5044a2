import { processWide } from "./process-wide.js";

const MARK = Symbol.for("auspex.unobserved.request@0");

const shared = processWide("auspex.unobserved@0", () => ({ depth: 0 }));

/**
 * Runs `work`; requests that it makes before it returns are not recorded as outbound calls.
 *
 * For requests of the library itself. A `node:http` request must be what `work` answers: Node 20 says
 * that one exists only when it is sent. What `work` does after an `await`, redirects among it, is
 * observed again.
 * @returns what `work` returns; throws what it throws
 */
export function unobserved<T>(work: () => T): T {
  shared.depth++;
  try {
    const made = work();
    if (typeof made === "object" && made !== null && !(made instanceof Promise)) mark(made);
    return made;
  } finally {
    shared.depth--;
  }
}

/** Whether a request was made within `unobserved`. */
export function isUnobserved(request: object): boolean {
  return shared.depth > 0 || (request as Record<symbol, unknown>)[MARK] === true;
}

function mark(made: object): void {
  // A frozen object stays as it is: it is no request of Node's.
  Reflect.defineProperty(made, MARK, { value: true });
}
