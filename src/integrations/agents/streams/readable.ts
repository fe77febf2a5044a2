import { followIterator } from "./iterator.js";
import { replace } from "./replace.js";
import type { StreamSink } from "./sink.js";

type Method = (this: unknown, ...given: unknown[]) => unknown;
type Foreign = Readonly<Record<PropertyKey, Method | undefined>>;

/** Every way to read a `ReadableStream`, and what a reading by that way is followed by. */
const WAYS: readonly (readonly [
  name: PropertyKey,
  follow: (made: unknown, sink: StreamSink) => unknown,
])[] = [
  ["getReader", followReader],
  ["values", (iterator, sink) => followIterator(iterator as object, sink)],
  [Symbol.asyncIterator, (iterator, sink) => followIterator(iterator as object, sink)],
  ["tee", followBranches],
  ["pipeThrough", (readable, sink) => followReadable(readable as object, sink)],
  ["pipeTo", (piped, sink) => tell(piped, sink, "end")],
  ["cancel", (cancelled, sink) => tell(cancelled, sink, "abort")],
];

/**
 * Tells `sink` how a web stream goes, whichever way it is read; a stream that it is piped through is
 * followed in its place. The very stream is returned. Throws when it cannot be changed.
 */
export function followReadable<S extends object>(stream: S, sink: StreamSink): S {
  for (const [name, follow] of WAYS) {
    const method = (stream as Foreign)[name];
    if (typeof method !== "function") continue;
    replace(stream, name, function (this: unknown, ...given: unknown[]): unknown {
      return follow(Reflect.apply(method, this, given), sink);
    });
  }
  return stream;
}

function followReader(reader: unknown, sink: StreamSink): unknown {
  const { read, cancel } = reader as { read: Method; cancel: Method };
  const seen = (result: unknown): unknown => {
    const { done, value } = result as { done: boolean; value: unknown };
    if (done) sink.end();
    else sink.chunk(value);
    return result;
  };
  const failed = (error: unknown): never => {
    sink.fail(error);
    throw error;
  };
  replace(reader as object, "read", function (this: unknown, ...given: unknown[]): unknown {
    return (Reflect.apply(read, this, given) as Promise<unknown>).then(seen, failed);
  });
  replace(reader as object, "cancel", function (this: unknown, ...given: unknown[]): unknown {
    return tell(Reflect.apply(cancel, this, given), sink, "abort");
  });
  return reader;
}

function tell(promise: unknown, sink: StreamSink, end: "end" | "abort"): unknown {
  return (promise as Promise<unknown>).then(
    (value) => {
      sink[end]();
      return value;
    },
    (error) => {
      sink.fail(error);
      throw error;
    },
  );
}

/** Each chunk comes in both branches: it counts where it comes first. */
function followBranches(branches: unknown, sink: StreamSink): unknown {
  let counted = 0;
  let left = 0;
  for (const branch of branches as object[]) {
    let here = 0;
    let isLeft = false;
    followReadable(branch, {
      chunk(value) {
        if (++here <= counted) return;
        counted = here;
        sink.chunk(value);
      },
      end: () => sink.end(),
      fail: (error) => sink.fail(error),
      heldBy: (reader) => sink.heldBy(reader),
      abort() {
        if (isLeft) return;
        isLeft = true;
        if (++left === 2) sink.abort();
      },
    });
  }
  return branches;
}
