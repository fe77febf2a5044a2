import { isThenable } from "../../../diag/guarded-call.js";
import { replace } from "./replace.js";
import type { StreamSink } from "./sink.js";

type Method = (this: unknown, ...given: unknown[]) => unknown;

/**
 * Tells `sink` of each value of an async iterator, of its end, of its failure, and of a consumer that
 * leaves early.
 *
 * The very iterator is returned, with `next`, `return` and `throw` of its own. Per value: one promise,
 * and no closure. Throws when the iterator cannot be changed.
 * @param signal - of whoever makes the values: once it is aborted, their end is no success
 */
export function followIterator<I extends object>(
  iterator: I,
  sink: StreamSink,
  signal?: { readonly aborted?: unknown },
): I {
  const failed = (error: unknown): never => {
    sink.fail(error);
    throw error;
  };
  const seen = (result: unknown): unknown => {
    // OpenAI's and Anthropic's streams end as if nothing were when their controller is aborted.
    if (!isDone(result)) sink.chunk((result as IteratorResult<unknown> | undefined)?.value);
    else if (signal?.aborted === true) sink.abort();
    else sink.end();
    return result;
  };
  // Not when it is called: a body may go on in its `finally`, and fail there.
  const left = (result: unknown): unknown => {
    if (isDone(result)) sink.abort();
    return result;
  };
  const follow = (name: "next" | "return" | "throw", see: (result: unknown) => unknown): void => {
    const given = (iterator as Readonly<Record<string, Method | undefined>>)[name];
    if (typeof given !== "function") return;
    const method = sink.within === undefined ? given : scoped(given, sink.within.bind(sink));
    replace(iterator, name, function (this: unknown): unknown {
      let result: unknown;
      try {
        // biome-ignore lint/complexity/noArguments: `next()` and `next(undefined)` differ
        result = Reflect.apply(method, this, arguments);
      } catch (error) {
        return failed(error);
      }
      if (result instanceof Promise) return result.then(see, failed);
      // Of another realm, or of a library.
      return isThenable(result) ? Promise.resolve(result).then(see, failed) : see(result);
    });
  };
  follow("next", seen);
  follow("return", left);
  follow("throw", seen);
  return iterator;
}

/** A function of its own: an arrow beside the plain call would cost that one its arguments' object. */
function scoped(method: Method, within: <T>(step: () => T) => T): Method {
  return function (this: unknown, ...given: unknown[]): unknown {
    return within(() => Reflect.apply(method, this, given));
  };
}

function isDone(result: unknown): boolean {
  return (result as IteratorResult<unknown> | undefined)?.done === true;
}
