import type { Command } from "./connection.js";
import { RedisFault } from "./fault.js";
import { HashWrite } from "./hash-write.js";
import { write } from "./own-hash.js";
import type { RedisConnection } from "./redis-connection.js";

interface Sending {
  readonly command: Command | HashWrite;
  /** Told of a reply that is no error. */
  readonly done: (reply: unknown) => void;
}

/** Most fields and arguments of one pipeline: about a millisecond of the event loop and 400 kB. */
const MAX_SIZE = 4000;

/** Commands of one flush: they go out together, in few round trips, and each reply to whom it concerns. */
export class Outbox {
  /** What went wrong; of several faults one that may pass. */
  fault: RedisFault | undefined;
  #sendings: Sending[] = [];
  #size = 0;

  constructor(
    private readonly connection: RedisConnection,
    private readonly signal: AbortSignal,
  ) {}

  /** Whether the connection itself failed: nothing more can be sent now. */
  get isBroken(): boolean {
    return this.#isBroken;
  }
  #isBroken = false;

  fail(fault: RedisFault): void {
    if (this.fault === undefined || (fault.isRetryable && !this.fault.isRetryable)) {
      this.fault = fault;
    }
  }

  /** Sends what is waiting first, if there is enough of it. An `HSET` writes only to what is still ours. */
  async add(command: Command | HashWrite, done: (reply: unknown) => void): Promise<void> {
    const size = command instanceof HashWrite ? command.fields : command.length;
    if (this.#size + size > MAX_SIZE) await this.send();
    this.#sendings.push({ command: guarded(command), done });
    this.#size += size;
  }

  /** Sends what is waiting. */
  async send(): Promise<void> {
    const sendings = this.#sendings;
    this.#sendings = [];
    this.#size = 0;
    if (sendings.length === 0 || this.#isBroken) return;
    const { signal } = this;
    const commands = sendings.map(({ command }) => command);
    const replies = await this.connection.batch(commands, { signal });
    this.#isBroken = replies.some((reply) => reply instanceof RedisFault && !reply.isReply);
    sendings.forEach(({ done }, at) => {
      const reply = replies[at];
      if (!(reply instanceof Error)) done(reply);
      else this.fail(reply instanceof RedisFault ? reply : new RedisFault("_OTHER", reply.message));
    });
  }
}

function guarded(command: Command | HashWrite): Command | HashWrite {
  if (command instanceof HashWrite || command[0] !== "HSET") return command;
  const [, key, ...fields] = command;
  return write(String(key), fields);
}
