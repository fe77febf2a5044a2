import type { Redis } from "ioredis";
import { guardedCall, isThenable } from "../../diag/guarded-call.js";
import { Checks, isObject, show } from "../../readers/checks.js";
import type { EventMap } from "../../snapshot/events.js";
import { SystemClock } from "../../time/clock.js";
import { type ChannelKind, patternOf } from "./channels.js";
import { connected, drop, isCluster } from "./client.js";
import { type FleetMessage, isEvent, parseMessage } from "./messages.js";
import { makerOf, prefixOf, TARGET, throwFaults } from "./options.js";
import { type ClientMaker, ofServer, type RedisTarget } from "./target.js";
import { Stop, within } from "./within.js";

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
/** A connection that says nothing is asked whether it is still there. */
const HEARTBEAT_MS = 10_000;
const FIRST_BACKOFF_MS = 100;
const MAX_BACKOFF_MS = 5000;

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
  return new Listener(maker, prefix, timeoutMs, known);
}

class Listener implements Subscription {
  readonly tally: SubscribeTally = {
    received: 0,
    oversized: 0,
    unreadable: 0,
    malformed: 0,
    callbackErrors: 0,
    disconnects: 0,
  };
  readonly #clock = new SystemClock();
  readonly #stop = new Stop();
  /** What is asked for → what its messages are. */
  readonly #patterns: ReadonlyMap<string, ChannelKind>;
  #client: Redis | undefined;
  #failures = 0;
  #cancel = (): void => {};

  constructor(
    private readonly maker: ClientMaker,
    prefix: string,
    private readonly timeoutMs: number,
    private readonly handlers: SubscribeHandlers,
  ) {
    const kinds = KINDS.filter((kind) => handlers[kind] !== undefined);
    this.#patterns = new Map(kinds.map((kind) => [patternOf(prefix, kind), kind]));
    void this.#listen();
  }

  get isConnected(): boolean {
    return this.#client !== undefined;
  }

  close(): void {
    this.#stop.stop();
    this.#cancel();
    if (this.#client !== undefined) drop(this.#client);
    this.#client = undefined;
  }

  async #listen(): Promise<void> {
    let client: Redis | undefined;
    try {
      client = await this.#connect();
      const asked = client;
      asked.on("pmessage", (pattern, _channel, message) => this.#hear(pattern, message));
      asked.once("end", () => this.#lost(asked));
      const patterns = [...this.#patterns.keys()];
      await this.#soon(asked.psubscribe(...patterns));
      this.#client = asked;
      this.#failures = 0;
      this.#beat(asked);
    } catch {
      if (client !== undefined) drop(client);
      this.#again();
    }
  }

  /** Of a Cluster one node: every message reaches all of them. */
  async #connect(): Promise<Redis> {
    const { maker, timeoutMs } = this;
    const client = await connected(maker, timeoutMs, this.#stop);
    if (!isCluster(client)) return client;
    const masters = client.nodes("master");
    const node = masters[Math.floor(Math.random() * masters.length)];
    drop(client);
    const make = async () => node.duplicate(ofServer(timeoutMs));
    return (await connected({ ...maker, make }, timeoutMs, this.#stop)) as Redis;
  }

  #beat(client: Redis): void {
    this.#cancel = this.#clock.schedule(HEARTBEAT_MS, () => {
      this.#soon(client.ping()).then(
        () => {
          if (client === this.#client) this.#beat(client);
        },
        () => drop(client),
      );
    });
  }

  #lost(client: Redis): void {
    if (client !== this.#client) return;
    this.#client = undefined;
    this.#cancel();
    this.#again();
  }

  #again(): void {
    if (this.#stop.isStopped) return;
    this.tally.disconnects++;
    const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** this.#failures++);
    const delayMs = backoffMs * (0.5 + Math.random() / 2);
    this.#cancel = this.#clock.schedule(delayMs, () => void this.#listen());
  }

  #soon<T>(work: Promise<T>): Promise<T> {
    return within(this.timeoutMs, this.maker.where, work, this.#stop);
  }

  #hear(pattern: string, message: string): void {
    const kind = this.#patterns.get(pattern);
    if (kind === undefined || this.#stop.isStopped) return;
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
