import type { Operation } from "../instruments/golden-signals.js";

const GENERATORS: ReadonlySet<object> = new Set([
  Object.getPrototypeOf(function* () {}),
  Object.getPrototypeOf(async function* () {}),
]);

/** True of `function*` and `async function*`, bound or not. */
export function isGeneratorFunction(fn: object): boolean {
  return GENERATORS.has(Object.getPrototypeOf(fn));
}

/** What an async generator makes, also one that was compiled to plain functions. */
export function isAsyncIterator(value: unknown): value is object {
  if (typeof value !== "object" || value === null || value instanceof Promise) return false;
  try {
    const iterator = value as { next?: unknown; [Symbol.asyncIterator]?: unknown };
    return (
      typeof iterator.next === "function" && typeof iterator[Symbol.asyncIterator] === "function"
    );
  } catch {
    return false;
  }
}

/** One walk through an iterator: begun with its first `next`, ended once. */
class Walk {
  private started = Number.NaN;
  private state: "new" | "open" | "ended" = "new";

  constructor(private readonly operation: Operation) {}

  begin(): void {
    if (this.state !== "new") return;
    this.state = "open";
    this.started = this.operation.start();
  }

  end(): void {
    if (this.close()) this.operation.end(this.started);
  }

  fail(error: unknown): void {
    if (this.close()) this.operation.fail(this.started, error);
  }

  /** Nobody can call `next` any more. */
  abandon(): void {
    if (this.close()) this.operation.abort(this.started);
  }

  private close(): boolean {
    const open = this.state === "open";
    this.state = "ended";
    return open;
  }
}

/** A consumer may drop an iterator half-way; in-flight must come back then, too. */
const abandoned = new FinalizationRegistry<Walk>((walk) => walk.abandon());

/**
 * Records the life of a generator's body: from its first `next` until it returns or throws.
 *
 * The very iterator is returned, with `next`, `return` and `throw` of its own.
 */
export function followIterator<I extends object>(operation: Operation, iterator: I): I {
  const walk = new Walk(operation);
  abandoned.register(iterator, walk);
  for (const method of ["next", "return", "throw"] as const) {
    const original = (iterator as Record<string, unknown>)[method];
    if (typeof original !== "function") continue;
    Object.defineProperty(iterator, method, {
      configurable: true,
      writable: true,
      enumerable: false,
      value(this: unknown): unknown {
        if (method === "next") walk.begin();
        // biome-ignore lint/complexity/noArguments: `next()` and `next(undefined)` differ
        return step(walk, () => Reflect.apply(original, this, arguments));
      },
    });
  }
  return iterator;
}

function step(walk: Walk, advance: () => unknown): unknown {
  let result: unknown;
  try {
    result = advance();
  } catch (error) {
    walk.fail(error);
    throw error;
  }
  if (result instanceof Promise) {
    return result.then(
      (value) => {
        if (value?.done === true) walk.end();
        return value;
      },
      (error) => {
        walk.fail(error);
        throw error;
      },
    );
  }
  if ((result as IteratorResult<unknown>)?.done === true) walk.end();
  return result;
}
