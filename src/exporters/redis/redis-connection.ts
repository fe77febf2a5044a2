import type { ChainableCommander, Redis } from "ioredis";
import { SystemClock } from "../../time/clock.js";
import { type Client, connected, drop, isCluster } from "./client.js";
import type { Command, Connection } from "./connection.js";
import { faultOf, RedisFault } from "./fault.js";
import { HashWrite } from "./hash-write.js";
import { write } from "./own-hash.js";
import { type ClientMaker, type CommandClass, commandClass } from "./target.js";
import { Stop, within } from "./within.js";

/** Longest a lost Redis is left alone before somebody who has something to send may try again. */
const MAX_BACKOFF_MS = 1000;
const FIRST_BACKOFF_MS = 20;

export interface BatchOptions {
  /** Replies are `Buffer`s where they would be text. */
  readonly binary?: boolean;
  /** Gives up, and drops the connection: whatever it still held is gone. */
  readonly signal?: AbortSignal;
}

/**
 * A connection of our own. Whatever hangs longer than the timeout ends with the connection, so that at
 * most what was sent last is held in memory, and a frozen Redis delays nobody. It never keeps the process
 * alive.
 */
export class RedisConnection implements Connection {
  readonly #clock = new SystemClock();
  /** The client, connected or connecting. */
  #client: Promise<Client> | undefined;
  /** The same once it is connected. */
  #live: Client | undefined;
  #Command: CommandClass | undefined;
  #failures = 0;
  #notBefore = Number.NEGATIVE_INFINITY;
  #lastFault: RedisFault | undefined;
  /** Calls everything off. */
  readonly #stop = new Stop();

  /** @param timeoutMs - longest that connecting, or one round trip, may take */
  constructor(
    private readonly maker: ClientMaker,
    private readonly timeoutMs: number,
  ) {}

  get where(): string {
    return this.maker.where;
  }

  get isCluster(): boolean {
    return this.maker.isCluster;
  }

  /** Connects, if need be. @returns whether there is a connection. Never rejects. */
  async ready(): Promise<boolean> {
    try {
      await this.#connected();
      return true;
    } catch {
      return false;
    }
  }

  async command(...command: Command): Promise<unknown> {
    const [reply] = await this.batch([command]);
    if (reply instanceof Error) throw reply;
    return reply;
  }

  async batch(
    commands: readonly (Command | HashWrite)[],
    { binary = false, signal }: BatchOptions = {},
  ): Promise<readonly unknown[]> {
    if (commands.length === 0) return [];
    let client: Client | undefined;
    try {
      client = await this.#within(this.#connected(), signal);
      const replies = await this.#within(this.#send(client, commands, binary), signal);
      if (replies.some(isLost)) this.#drop(client);
      return replies;
    } catch (error) {
      if (client !== undefined) this.#drop(client);
      const fault = faultOf(error, this.where);
      return commands.map(() => fault);
    }
  }

  close(): void {
    this.#stop.stop();
    if (this.#live !== undefined) this.#drop(this.#live);
  }

  /** The client there is, or a new one. */
  #connected(): Promise<Client> {
    if (this.#stop.isStopped)
      return Promise.reject(new RedisFault("closed", `${this.where}: closed`));
    if (this.#client !== undefined) return this.#client;
    if (this.#clock.now() < this.#notBefore && this.#lastFault !== undefined) {
      return Promise.reject(this.#lastFault);
    }
    this.#client = this.#connect();
    return this.#client;
  }

  async #connect(): Promise<Client> {
    try {
      const client = await connected(this.maker, this.timeoutMs, this.#stop);
      client.once("end", () => this.#lost(client));
      this.#Command = await commandClass(client);
      if (this.#stop.isStopped) drop(client);
      this.#live = client;
      this.#failures = 0;
      return client;
    } catch (error) {
      this.#client = undefined;
      this.#failures++;
      const backoffMs = Math.min(MAX_BACKOFF_MS, FIRST_BACKOFF_MS * 2 ** (this.#failures - 1));
      this.#notBefore = this.#clock.now() + backoffMs * (0.5 + Math.random() / 2);
      this.#lastFault = faultOf(error, this.where);
      throw this.#lastFault;
    }
  }

  #drop(client: Client): void {
    drop(client);
    this.#lost(client);
  }

  #lost(client: Client): void {
    if (client !== this.#live) return;
    this.#live = undefined;
    this.#client = undefined;
  }

  async #send(
    client: Client,
    commands: readonly (Command | HashWrite)[],
    binary: boolean,
  ): Promise<unknown[]> {
    const replies: unknown[] = new Array(commands.length);
    const parts = isCluster(client) ? byTag(commands) : [commands.map((_, at) => at)];
    await Promise.all(
      parts.map(async (places) => {
        const pipeline = client.pipeline();
        for (const at of places) add(pipeline, commands[at], binary, this.#Command);
        const results = (await pipeline.exec()) ?? [];
        places.forEach((at, i) => {
          const [error, reply] = results[i] ?? [
            new RedisFault("closed", `${this.where}: no reply`),
          ];
          replies[at] = error === null ? reply : faultOf(error, this.where);
        });
      }),
    );
    return replies;
  }

  #within<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    return within(this.timeoutMs, this.where, work, this.#stop, signal);
  }
}

/** A reply that is still to come would be taken for that of the next command: the connection is of no use. */
function isLost(reply: unknown): boolean {
  return reply instanceof RedisFault && !reply.isReply;
}

function add(
  pipeline: ChainableCommander,
  command: Command | HashWrite,
  binary: boolean,
  Encoded: CommandClass | undefined,
): void {
  if (!(command instanceof HashWrite)) {
    const [name, ...args] = command;
    if (binary) pipeline.callBuffer(name, args as never);
    else pipeline.call(name, args as never);
  } else if (Encoded === undefined) {
    const [name, ...args] = write(command.key, command.pairs());
    pipeline.call(name, args as never);
  } else {
    // It routes by the key, and sends what is encoded already.
    const encoded = new Encoded("hset", [command.key]);
    encoded.toWritable = () => command.encoded();
    (pipeline as unknown as Pick<Redis, "sendCommand">).sendCommand(encoded);
  }
}

/** Places of commands whose keys lie in one slot: a pipeline of a Cluster goes to one node. */
function byTag(commands: readonly (Command | HashWrite)[]): number[][] {
  const parts = new Map<string, number[]>();
  commands.forEach((command, at) => {
    const key = command instanceof HashWrite ? command.key : keyOf(command);
    const [, tag = ""] = /\{([^}]+)\}/.exec(key) ?? [];
    const part = parts.get(tag);
    if (part === undefined) parts.set(tag, [at]);
    else part.push(at);
  });
  return [...parts.values()];
}

const SCRIPTS = new Set(["EVAL", "EVALSHA"]);
const KEYLESS = new Set(["PUBLISH", "PING", "TIME", "INFO"]);

function keyOf(command: Command): string {
  const name = command[0].toUpperCase();
  if (KEYLESS.has(name)) return "";
  return String(command[SCRIPTS.has(name) ? 3 : 1] ?? "");
}
