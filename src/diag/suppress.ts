const STATE = Symbol.for("auspex.unobserved@0");
const MARK = Symbol.for("auspex.unobserved.request@0");

/** One for all copies of this library in the process. */
function state(): { depth: number } {
  const holder = globalThis as unknown as Record<symbol, { depth: number } | undefined>;
  holder[STATE] ??= { depth: 0 };
  return holder[STATE];
}

const shared = state();

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
