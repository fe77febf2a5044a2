import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";

/** What happens to what passes: all of it passes, replies are lost, or requests are. */
export type NetworkMode = "pass" | "lose replies" | "lose requests";

/** A network between the exporter and Redis that can be as bad as a test needs it. */
export class BadNetwork {
  mode: NetworkMode = "pass";
  /** Bytes that came from the client. */
  received = 0;
  readonly #sockets = new Set<Socket>();

  private constructor(private readonly server: Server) {}

  static async start(port: number): Promise<BadNetwork> {
    const server = createServer();
    const proxy = new BadNetwork(server);
    server.on("connection", (client) => proxy.#join(client, connect(port, "127.0.0.1")));
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return proxy;
  }

  get url(): string {
    return `redis://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Connections at present. */
  get connections(): number {
    return this.#sockets.size / 2;
  }

  /** Cuts every connection. */
  cut(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  async stop(): Promise<void> {
    this.cut();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #join(client: Socket, redis: Socket): void {
    for (const [socket, other] of [
      [client, redis],
      [redis, client],
    ]) {
      this.#sockets.add(socket);
      socket.on("error", () => {});
      socket.on("close", () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    client.on("data", (bytes) => {
      this.received += bytes.length;
      if (this.mode !== "lose requests") redis.write(bytes);
    });
    redis.on("data", (bytes) => {
      if (this.mode === "pass") client.write(bytes);
    });
  }
}
