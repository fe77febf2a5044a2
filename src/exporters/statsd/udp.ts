import { createSocket, type Socket } from "node:dgram";
import { isIPv6 } from "node:net";
import type { AddressCache } from "./address.js";
import { Aborted, abortable, codeOf, nextTurn, type Transport, written } from "./transport.js";

/**
 * UDP on a connected socket: only that one is told when nobody listens (ECONNREFUSED). On one host the
 * word comes with the next send or the next turn of the event loop; from afar later, or never. The next
 * `open` then takes the next address of the host.
 */
export class UdpTransport implements Transport {
  readonly target: string;
  #socket: Socket | undefined;
  #address: string | undefined;
  #refused: Error | undefined;

  constructor(
    host: string,
    private readonly port: number,
    private readonly addresses: AddressCache,
  ) {
    this.target = `udp://${isIPv6(host) ? `[${host}]` : host}:${port}`;
  }

  async open(signal: AbortSignal): Promise<void> {
    if (signal.aborted) throw new Aborted();
    const address = await abortable(this.addresses.resolve(), signal);
    // What a former export was told late is no news of this one.
    this.#refused = undefined;
    if (this.#socket !== undefined && this.#address === address) return;
    this.close();
    this.#address = address;
    await abortable(this.#connect(address), signal);
  }

  async send(payload: Buffer, signal: AbortSignal): Promise<void> {
    const socket = this.#socket;
    if (this.#refused !== undefined) throw this.#refused;
    if (socket === undefined) throw new Error("the socket is closed");
    try {
      await written(
        (done) => socket.send(payload, done),
        signal,
        () => this.close(),
      );
    } catch (error) {
      if (codeOf(error) === "ECONNREFUSED") this.addresses.leave(this.#address as string);
      throw error;
    }
  }

  async settle(): Promise<void> {
    // The first turn may be what is left of the one in which was sent; sockets are looked at in the second.
    await nextTurn();
    await nextTurn();
    if (this.#refused !== undefined) throw this.#refused;
  }

  close(): void {
    const socket = this.#socket;
    this.#socket = undefined;
    this.#refused = undefined;
    try {
      socket?.close();
    } catch {
      // It was closed already.
    }
  }

  #connect(address: string): Promise<void> {
    const family = isIPv6(address) ? 6 : 4;
    const socket = createSocket({
      type: family === 6 ? "udp6" : "udp4",
      // It is an address already: no resolver needs to see it again.
      lookup: (name, _options, callback) => callback(null, name, family),
    });
    socket.unref();
    this.#socket = socket;
    return new Promise((resolve, reject) => {
      const failed = (error: Error): void => {
        if (socket === this.#socket) this.#refused = error;
        this.addresses.leave(address);
        reject(error);
      };
      socket.on("error", failed);
      socket.connect(this.port, address, (error?: Error) => (error ? failed(error) : resolve()));
    });
  }
}
