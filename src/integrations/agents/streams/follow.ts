import { isErrored, isReadable, type Readable } from "node:stream";
import { followHelperStream, followNodeStream } from "./emitter.js";
import { followIterator } from "./iterator.js";
import { followReadable } from "./readable.js";
import { replace } from "./replace.js";
import type { StreamSink } from "./sink.js";

type Method = (this: unknown, ...given: unknown[]) => unknown;

interface Foreign {
  readonly [Symbol.asyncIterator]?: unknown;
  readonly next?: unknown;
  readonly getReader?: unknown;
  readonly tee?: unknown;
  readonly pipe?: unknown;
  readonly emit?: unknown;
  readonly _emit?: unknown;
  readonly abort?: unknown;
  readonly read?: unknown;
  readonly iterator?: unknown;
  readonly controller?: { readonly signal?: { readonly aborted?: unknown } };
}

/** Whether a value is read piece by piece. Throws what a Proxy's traps throw. */
export function isStream(value: object): boolean {
  const { [Symbol.asyncIterator]: iterate, getReader } = value as Foreign;
  return typeof iterate === "function" || typeof getReader === "function";
}

/**
 * Tells `sink` how a stream goes, without reading from it: async iterators and iterables, streams of the
 * web and of Node, and those of the OpenAI and Anthropic clients. The stream stays the same object.
 *
 * Throws when it cannot be followed: it is frozen, say.
 */
export function followStream(stream: object, sink: StreamSink): void {
  const foreign = stream as Foreign;
  const are = (...methods: unknown[]) => methods.every((each) => typeof each === "function");
  if (are(foreign.pipe, foreign.emit, foreign.read)) {
    if (!isOver(stream, sink)) followNodeStream(stream, sink);
  } else if (are(foreign.getReader, foreign.tee)) {
    if (!isOver(stream, sink)) followReadable(stream, sink);
  } else if (are(foreign._emit, foreign.abort)) followHelperStream(stream, sink);
  else if (are(foreign.next)) followIterator(stream, sink);
  else followIterable(stream, foreign, sink);
}

/** One of Node or of the web that was read, left or broken before it was answered tells no end any more. */
function isOver(stream: object, sink: StreamSink): boolean {
  const given = stream as Readable & { readonly _readableState?: { endEmitted?: unknown } };
  // What is not made by Node may lack the state that Node looks at.
  if (isReadable(given) !== false || (given.readable === true && !given.destroyed)) return false;
  // A Node stream knows its error before it tells of it; a web stream keeps it to itself.
  if (given.errored instanceof Error || isErrored(given)) sink.fail(given.errored);
  // Nor does a web stream tell whether it was read or left.
  else if ((given.readableEnded ?? given._readableState?.endEmitted) === false) sink.abort();
  else sink.end();
  return true;
}

/**
 * Iterables make an iterator when they are read. The streams of the OpenAI and Anthropic clients make it
 * in a field of their own, which their `tee` goes through as well.
 */
function followIterable(stream: object, { iterator, controller }: Foreign, sink: StreamSink): void {
  const isClients = typeof iterator === "function" && Object.hasOwn(stream, "iterator");
  const name = isClients ? "iterator" : Symbol.asyncIterator;
  const make = (stream as Readonly<Record<PropertyKey, Method>>)[name];
  const known = new WeakSet<object>();
  replace(stream, name, function (this: unknown, ...given: unknown[]): unknown {
    const made = Reflect.apply(make, this, given);
    try {
      // Some hand out the same iterator again: seen twice, its values would count twice.
      if (known.has(made as object)) return made;
      known.add(made as object);
      followIterator(made as object, sink, controller?.signal);
      sink.heldBy(made as object);
      return made;
    } catch {
      // A frozen iterator is read unseen: that it is over is never known.
      sink.abort();
      return made;
    }
  });
}
