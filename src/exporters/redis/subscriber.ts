import { guardedCall, isThenable } from "../../diag/guarded-call.js";
import { Checks, isObject, show } from "../../readers/checks.js";
import type { EventMap } from "../../snapshot/events.js";
import { ChannelListener } from "./channel-listener.js";
import { type ChannelKind, patternOf } from "./channels.js";
import { RedisEars } from "./ears.js";
import { type FleetMessage, isEvent, parseMessage } from "./messages.js";
import { makerOf, prefixOf, TARGET, throwFaults } from "./options.js";
import type { RedisTarget } from "./target.js";

export interface SubscribeOptions extends RedisTarget {
  /** The same as that of the exporters. @default "auspex" */
  readonly prefix?: string;
  /** Longest that connecting, or an answer, may take, ms. @default 2000 */
  readonly timeoutMs?: number;
}

/** Who is told of what. What a handler throws, or its promise rejects with, is counted and goes nowhere. */
export type SubscribeHandlers = {
  readonly [T in keyof EventMap]?: (event: FleetMessage<EventMap[T]>) => void;
} & {
  /** Live snapshots, as whoever publishes them makes them: any JSON. */
  readonly dashboard?: (update: unknown) => void;
};

/** What became of messages, since the start. */
export interface SubscribeTally {
  received: number;
  /** Passed over: longer than 1 MiB, no JSON, no event of the channel's kind. */
  oversized: number;
  unreadable: number;
  malformed: number;
  /** Handlers that threw or rejected. */
  callbackErrors: number;
  /** Times the connection was lost or could not be made. */
  disconnects: number;
}

export interface Subscription {
  readonly tally: Readonly<SubscribeTally>;
  /** Whether Redis listens for us at the moment. */
  readonly isConnected: boolean;
  /** Ends it, at once. Idempotent. */
  close(): void;
}

const KINDS = ["alert", "anomaly", "incident", "insight", "dashboard"] as const;
/**
 * Listens to the events of a fleet and to live snapshots. It connects by itself, again and again, and
 * never keeps the process alive. What is published while it is not connected, it does not hear.
 *
 * @throws RangeError listing every fault of the options and handlers
 */
export function subscribe(options: SubscribeOptions, handlers: SubscribeHandlers): Subscription {
  const checks = new Checks();
  if (!isObject(options)) checks.fault(`options is ${show(options)}; give { url } or { client }`);
  const given: SubscribeOptions = checks.exactly("", options, [...TARGET, "prefix", "timeoutMs"]);
  const maker = makerOf(given, checks);
  const prefix = prefixOf(given.prefix, checks);
  const timeoutMs = checks.number("timeoutMs", given.timeoutMs, 2000, 50, 60_000);
  if (!isObject(handlers)) checks.fault(`handlers is ${show(handlers)}; give { alert(event) {} }`);
  const known: SubscribeHandlers = checks.exactly("handlers.", handlers, KINDS);
  for (const kind of KINDS) {
    checks.type(`handlers.${kind}`, known[kind], ["function"], "give a function");
  }
  if (isObject(handlers) && KINDS.every((kind) => known[kind] === undefined)) {
    checks.fault(`handlers has none of ${KINDS.join(", ")}; give one at least`);
  }
  throwFaults("subscribe", checks);
  const heard = new Heard(prefix, known);
  return new ChannelListener(
    new RedisEars(maker, timeoutMs, "pattern"),
    heard.patterns,
    (pattern, message) => heard.hear(pattern, message),
    heard.tally,
  );
}

/** What becomes of messages. */
class Heard {
  readonly tally: SubscribeTally = {
    received: 0,
    oversized: 0,
    unreadable: 0,
    malformed: 0,
    callbackErrors: 0,
    disconnects: 0,
  };
  /** What is asked for → what its messages are. */
  readonly #kinds: ReadonlyMap<string, ChannelKind>;

  constructor(
    prefix: string,
    private readonly handlers: SubscribeHandlers,
  ) {
    const kinds = KINDS.filter((kind) => handlers[kind] !== undefined);
    this.#kinds = new Map(kinds.map((kind) => [patternOf(prefix, kind), kind]));
  }

  get patterns(): readonly string[] {
    return [...this.#kinds.keys()];
  }

  hear(pattern: string, message: string): void {
    const kind = this.#kinds.get(pattern);
    if (kind === undefined) return;
    this.tally.received++;
    const parsed = parseMessage(message);
    if ("fault" in parsed) this.tally[parsed.fault]++;
    else if (kind === "dashboard") this.#call(() => this.handlers.dashboard?.(parsed.value));
    else this.#tell(kind, parsed.value);
  }

  #tell<T extends keyof EventMap>(kind: T, value: unknown): void {
    const handler = this.handlers[kind] as ((event: FleetMessage<EventMap[T]>) => void) | undefined;
    if (isEvent(value, kind)) this.#call(() => handler?.(value));
    else this.tally.malformed++;
  }

  #call(call: () => unknown): void {
    guardedCall(() => {
      const answer = call();
      if (!isThenable(answer)) return;
      answer.then(undefined, () => {
        this.tally.callbackErrors++;
      });
    }, this.tally);
  }
}
