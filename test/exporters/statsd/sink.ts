import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";

/** A UDP server in this process that keeps what it gets. */
export class Sink {
  readonly datagrams: Buffer[] = [];
  #socket: Socket | undefined;
  port = 0;

  static async start(port = 0): Promise<Sink> {
    const sink = new Sink();
    await sink.listen(port);
    return sink;
  }

  async listen(port = this.port): Promise<void> {
    const socket = createSocket("udp4");
    this.#socket = socket;
    socket.on("message", (message) => this.datagrams.push(message));
    socket.bind(port, "127.0.0.1");
    await once(socket, "listening");
    socket.setRecvBufferSize(4 << 20);
    this.port = socket.address().port;
  }

  /** Lines of all datagrams so far. */
  get lines(): string[] {
    return this.datagrams.flatMap((datagram) => datagram.toString().split("\n"));
  }

  async close(): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) return;
    this.#socket = undefined;
    socket.close();
    await once(socket, "close");
  }
}

/** Waits until a condition holds. */
export async function until(holds: () => boolean, what = "the condition"): Promise<void> {
  const deadline = performance.now() + 30_000;
  while (!holds()) {
    if (performance.now() > deadline) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
