import type { Command } from "./connection.js";
import { RedisFault } from "./fault.js";
import type { RedisConnection } from "./redis-connection.js";

const MAX_MESSAGES = 1000;
const MAX_BYTES = 1 << 20;
const AT_ONCE = 100;

/** What became of messages, since the start. */
export interface PublishTally {
  /** Redis took them and somebody listened; in a Cluster also where only Redis knows. */
  published: number;
  /** Nobody listened. Not known in a Cluster: a node tells of its own subscribers only. */
  undelivered: number;
  /** Turned away: too many or too large, or Redis refused them, or nobody knows whether they arrived. */
  dropped: number;
}

/**
 * Sends messages in their order, as soon as it can.
 *
 * What could not be sent because there is no connection waits, within its bounds; what may have arrived is
 * not sent again, for nobody may hear of one alert twice.
 */
export class Publisher {
  readonly #queue: { channel: string; message: string }[] = [];
  #bytes = 0;
  #draining: Promise<void> | undefined;

  constructor(
    private readonly connection: RedisConnection,
    private readonly tally: PublishTally,
  ) {}

  /** Never blocks or throws. */
  publish(channel: string, message: string): void {
    const isText = typeof channel === "string" && typeof message === "string";
    const bytes = isText ? Buffer.byteLength(message) : Number.POSITIVE_INFINITY;
    if (bytes > MAX_BYTES) {
      this.tally.dropped++;
      return;
    }
    this.#queue.push({ channel, message });
    this.#bytes += bytes;
    while (this.#queue.length > MAX_MESSAGES || this.#bytes > MAX_BYTES) {
      this.#take(1);
      this.tally.dropped++;
    }
    void this.drain();
  }

  /** Sends what is waiting. Resolves when nothing is, or when there is no connection. Never rejects. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain().finally(() => {
      this.#draining = undefined;
    });
    return this.#draining;
  }

  async #drain(): Promise<void> {
    // Messages of one turn of the event loop go out together.
    await Promise.resolve();
    while (this.#queue.length > 0) {
      if (!(await this.connection.ready())) return;
      const messages = this.#take(AT_ONCE);
      const commands = messages.map(({ channel, message }): Command => {
        return ["PUBLISH", channel, message];
      });
      for (const reply of await this.connection.batch(commands)) this.#count(reply);
    }
  }

  #count(reply: unknown): void {
    if (reply instanceof RedisFault) this.tally.dropped++;
    else if (reply === 0 && !this.connection.isCluster) this.tally.undelivered++;
    else this.tally.published++;
  }

  #take(count: number): readonly { channel: string; message: string }[] {
    const taken = this.#queue.splice(0, count);
    for (const { message } of taken) this.#bytes -= Buffer.byteLength(message);
    return taken;
  }
}
