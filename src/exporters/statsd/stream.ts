import { connect, type Socket } from "node:net";
import { Aborted, abortable, codeOf, nextTurn, type Transport, written } from "./transport.js";

/** How payloads are told apart in a stream: by their length in front, or by a newline at the end. */
export type Framing = "length" | "newline";

/**
 * A stream Unix socket. Connects anew at the next export when the server went away.
 *
 * @see Datadog Agent, comp/dogstatsd/listeners/uds_stream.go: 32-bit little-endian lengths
 * @see statsd, servers/tcp.js: lines
 */
export class StreamTransport implements Transport {
  readonly target: string;
  #socket: Socket | undefined;

  constructor(
    private readonly path: string,
    private readonly framing: Framing,
  ) {
    this.target = `unix://${path}`;
  }

  async open(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new Aborted();
    if (this.#socket !== undefined) return;
    try {
      await abortable(this.#connect(), signal);
    } catch (error) {
      this.close();
      if (codeOf(error) !== "EPROTOTYPE") throw error;
      throw new Error(
        "EPROTOTYPE: the socket takes datagrams, which Node.js cannot send without a native addon; set the Agent's dogstatsd_stream_socket and give that path, or use UDP",
      );
    }
  }

  /** Resolves when the kernel has taken all of it: a peer that does not read holds it back. */
  async send(payload: Buffer, signal: AbortSignal): Promise<void> {
    const socket = this.#socket;
    if (socket === undefined) throw new Error("EPIPE: the server closed the socket");
    const frame = this.#frame(payload);
    await written(
      (done) => socket.write(frame, done),
      signal,
      () => this.close(),
    );
  }

  settle(): Promise<void> {
    return nextTurn();
  }

  close(): void {
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #frame(payload: Buffer): Buffer {
    if (this.framing === "newline") return Buffer.concat([payload, Buffer.from("\n")]);
    const length = Buffer.allocUnsafe(4);
    length.writeUInt32LE(payload.length);
    return Buffer.concat([length, payload]);
  }

  #connect(): Promise<void> {
    const socket = connect(this.path);
    this.#socket = socket;
    socket.unref();
    // Nothing is expected from the other side, but the end of it is seen only by who reads.
    socket.resume();
    return new Promise((resolve, reject) => {
      socket.on("connect", resolve);
      socket.on("error", reject);
      socket.on("close", () => {
        if (this.#socket === socket) this.#socket = undefined;
        reject(new Error("the socket was closed"));
      });
    });
  }
}
