import { replace } from "./replace.js";
import type { StreamSink } from "./sink.js";

type Emit = (this: unknown, name: unknown, ...given: unknown[]) => unknown;
type Told = "chunk" | "end" | "fail" | "abort";

/** What each event of a Node stream says; an end may be followed by others, of which none counts. */
const NODE = new Map<unknown, Told>([
  ["data", "chunk"],
  ["end", "end"],
  ["error", "fail"],
  ["close", "abort"],
]);

/** Those of the helper streams of OpenAI and Anthropic, which read on their own. */
const HELPER = new Map<unknown, Told>([
  // Anthropic messages, OpenAI chat completions, OpenAI responses.
  ["streamEvent", "chunk"],
  ["chunk", "chunk"],
  ["event", "chunk"],
  ["end", "end"],
  ["error", "fail"],
  ["abort", "abort"],
]);

/** Throws when the stream cannot be changed. */
export function followNodeStream(stream: object, sink: StreamSink): void {
  followEvents(stream, "emit", NODE, sink);
}

export function followHelperStream(stream: object, sink: StreamSink): void {
  followEvents(stream, "_emit", HELPER, sink);
}

/**
 * Tells `sink` how a stream goes that emits events, whichever way it is read.
 *
 * By its `emit`: a listener for `data` would make a stream flow, and one for `error` would hide an error
 * that nobody handles.
 */
function followEvents(
  stream: object,
  method: "emit" | "_emit",
  events: ReadonlyMap<unknown, Told>,
  sink: StreamSink,
): void {
  const emit = (stream as Readonly<Record<string, Emit>>)[method];
  replace(stream, method, function (this: unknown, name: unknown, ...given: unknown[]): unknown {
    const told = events.get(name);
    if (told !== undefined) sink[told](given[0]);
    return emit.call(this, name, ...given);
  });
}
