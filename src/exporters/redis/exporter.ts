import type { Diag } from "../../diag/diag.js";
import type { ExporterOwner, ExportResult, MetricExporter } from "../../readers/exporter.js";
import type { MetricBatch } from "../../snapshot/batch.js";
import type { AuspexEvent } from "../../snapshot/events.js";
import { channelOf, eventChannel } from "./channels.js";
import { faultOf, RedisFault } from "./fault.js";
import { serviceOf } from "./identity.js";
import { Keys } from "./keys.js";
import { encodeMessage } from "./messages.js";
import type { ResolvedRedisOptions } from "./options.js";
import { Publisher, type PublishTally } from "./publisher.js";
import { RedisConnection } from "./redis-connection.js";
import { RedisServices } from "./services.js";
import { Session, type WriteTally } from "./session.js";

/** Most processes that one exporter speaks for at a time. */
const MAX_SESSIONS = 8;

/** What nobody else counts, since the start. */
export interface RedisTally extends WriteTally, PublishTally {
  /** Windows folded into the next one, because Redis did not take them for too long. */
  folded: number;
  /** Windows of which nobody knows whether Redis took them; the totals have what was in them. */
  abandoned: number;
}

/**
 * Redis, standalone or a Cluster: this process's windows, totals and record, and what the processes of a
 * fleet share.
 *
 * It wants cumulative values: a window is the newest reading less the one it began with. So everything it
 * writes is absolute, and it may be written once or ten times.
 */
export class RedisExporter implements MetricExporter {
  readonly name: string;
  readonly defaultIntervalMs = 5000;
  readonly services: RedisServices;
  readonly #options: ResolvedRedisOptions;
  readonly #connection: RedisConnection;
  readonly #keys: Keys;
  readonly #publisher: Publisher;
  readonly #counts = { foreign: 0, lost: 0, published: 0, undelivered: 0, dropped: 0 };
  readonly #stop = new AbortController();
  #owner: ExporterOwner | undefined;
  #diag: Diag | undefined;
  /** By process; there is one, unless monitors share the exporter. */
  readonly #sessions = new Map<string, Session>();
  #queue: Promise<unknown> = Promise.resolve();
  #isReached = false;
  #shutdown: Promise<void> | undefined;

  constructor(options: ResolvedRedisOptions) {
    this.#options = options;
    this.name = options.name;
    this.#connection = new RedisConnection(options.maker, options.timeoutMs);
    this.#keys = new Keys(options.prefix);
    this.#publisher = new Publisher(this.#connection, this.#counts);
    this.services = new RedisServices(this.#connection, this.#keys, this.#publisher);
  }

  get tally(): Readonly<RedisTally> {
    const closed = [...this.#sessions.values()].map(({ ledger }) => ledger.closed);
    const folded = closed.reduce((sum, each) => sum + each.folded, 0);
    const abandoned = closed.reduce((sum, each) => sum + each.abandoned, 0);
    return { ...this.#counts, folded, abandoned };
  }

  temporality(): "cumulative" {
    return "cumulative";
  }

  /** Says whose values are to come, so that state can be read before the first of them. */
  belongTo(owner: ExporterOwner, diag?: Diag): void {
    this.#owner = owner;
    this.#diag = diag;
    this.services.belongTo(owner);
  }

  export(batch: MetricBatch, signal: AbortSignal): Promise<ExportResult> {
    return this.#inTurn(async (): Promise<ExportResult> => {
      if (this.#stop.signal.aborted) {
        throw new RedisFault("already_shutdown", `${this.name} is shut down`);
      }
      if (batch.temporality !== "cumulative") {
        const mend = "leave temporality out of its entry";
        throw new RedisFault("temporality", `${this.name} takes cumulative values: ${mend}`);
      }
      const session = this.#sessionOf(batch);
      const before = session.ledger.rejected;
      const fault = await session.export(batch, signal);
      this.#isReached = fault === undefined || fault.isReply;
      if (fault !== undefined) return resultOf(fault);
      void session.rollUp(this.#stop.signal);
      void this.#publisher.drain();
      const rejected = session.ledger.rejected - before;
      return rejected === 0 ? { status: "success" } : { status: "success", rejected };
    });
  }

  /** Passes it on to whoever listens to its channel. Never blocks or throws. */
  onEvent(event: AuspexEvent): void {
    const owner = this.#owner;
    if (owner === undefined || this.#stop.signal.aborted) {
      this.#counts.dropped++;
      return;
    }
    try {
      const channel = channelOf(this.#options.prefix, eventChannel(event));
      const message = encodeMessage(event, serviceOf(owner), owner.incarnation.id);
      this.#publisher.publish(channel, message);
    } catch {
      // No JSON can be made of it.
      this.#counts.dropped++;
    }
  }

  async forceFlush(): Promise<void> {
    await this.#queue;
    await this.#publisher.drain();
  }

  /**
   * Says that this process is gone, and closes the connection; at once when Redis was not there at the last
   * export. What is under way then fails.
   */
  shutdown(): Promise<void> {
    this.#shutdown ??= this.#close();
    return this.#shutdown;
  }

  async #close(): Promise<void> {
    if (this.#isReached) {
      await this.#inTurn(async () => {
        for (const each of this.#sessions.values()) await each.finish(this.#stop.signal);
        return { status: "success" };
      });
      await this.#publisher.drain();
    }
    this.#stop.abort();
    this.#connection.close();
    await this.#queue;
  }

  #sessionOf({ resource, incarnation }: MetricBatch): Session {
    const owner = { resource, incarnation };
    const id = `${incarnation.id} ${serviceOf(owner)}`;
    const known = this.#sessions.get(id);
    if (known !== undefined) return known;
    if (this.#owner === undefined) this.belongTo(owner, this.#diag);
    const session = new Session({
      options: this.#options,
      connection: this.#connection,
      keys: this.#keys,
      owner,
      tally: this.#counts,
      ...(this.#diag && { diag: this.#diag }),
    });
    this.#sessions.set(id, session);
    const [oldest] = this.#sessions.keys();
    if (this.#sessions.size > MAX_SESSIONS) this.#sessions.delete(oldest);
    return session;
  }

  /** Runs when all that came before has ended. Never rejects. */
  #inTurn(work: () => Promise<ExportResult>): Promise<ExportResult> {
    const turn = this.#queue.then(async (): Promise<ExportResult> => {
      try {
        return await work();
      } catch (error) {
        return resultOf(faultOf(error, this.#connection.where));
      }
    });
    this.#queue = turn;
    return turn;
  }
}

function resultOf(error: RedisFault): ExportResult {
  return error.isRetryable ? { status: "retryable", error } : { status: "failure", error };
}
