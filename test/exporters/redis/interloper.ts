import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/**
 * A network that passes commands on one at a time, and lets somebody else do something right before any one of
 * them, also in the midst of a pipeline.
 */
export class Interloper {
  /** Commands since `arm`, by name. */
  passed: string[] = [];
  #at = Number.POSITIVE_INFINITY;
  #deed: () => Promise<unknown> = async () => {};
  readonly #sockets = new Set<Socket>();

  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {}

  static async start(port: number): Promise<Interloper> {
    const server = createServer();
    const network = new Interloper(server, port);
    server.on("connection", (client) => network.#join(client));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return network;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Does something before the command that comes after `count` others. */
  arm(count: number, deed: () => Promise<unknown>): void {
    this.passed = [];
    this.#at = count;
    this.#deed = deed;
  }

  async stop(): Promise<void> {
    for (const socket of this.#sockets) socket.destroy();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #join(client: Socket): void {
    const redis = connect(this.port, "127.0.0.1");
    let pending: Buffer = Buffer.alloc(0);
    let answered = (): void => {};
    let turn: Promise<unknown> = Promise.resolve();
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ]) {
      this.#sockets.add(socket);
      socket.on("error", () => other.destroy());
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    redis.on("close", () => answered());
    redis.on("data", (bytes) => {
      client.write(bytes);
      answered();
    });
    // Until the first bytes of the reply: each command has been done before the next goes.
    const ask = (command: Buffer) =>
      new Promise<void>((resolve) => {
        answered = resolve;
        if (redis.destroyed) resolve();
        else redis.write(command);
      });
    client.on("data", (bytes) => {
      pending = Buffer.concat([pending, bytes]);
      for (;;) {
        const end = endOfCommand(pending);
        if (end === undefined) return;
        const command = pending.subarray(0, end);
        pending = pending.subarray(end);
        turn = turn.then(() => this.#pass(command, ask));
      }
    });
  }

  async #pass(command: Buffer, ask: (command: Buffer) => Promise<void>): Promise<void> {
    const name = /\r\n\$\d+\r\n(\w+)\r\n/.exec(command.toString("latin1"))?.[1] ?? "";
    if (this.passed.length === this.#at) await this.#deed();
    this.passed.push(name.toUpperCase());
    await ask(command);
  }
}

/** Where the first command ends: an array of bulk strings. */
function endOfCommand(bytes: Buffer): number | undefined {
  const line = (from: number): readonly [value: number, next: number] | undefined => {
    const end = bytes.indexOf("\r\n", from);
    return end < 0 ? undefined : [Number(bytes.toString("latin1", from + 1, end)), end + 2];
  };
  const head = line(0);
  if (head === undefined) return undefined;
  let [left, at] = head;
  for (; left > 0; left--) {
    const length = line(at);
    if (length === undefined) return undefined;
    at = length[1] + length[0] + 2;
  }
  return at <= bytes.length ? at : undefined;
}
