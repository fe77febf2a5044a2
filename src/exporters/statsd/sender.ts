import { describeError } from "../../diag/diag.js";
import type { ExportResult } from "../../readers/exporter.js";
import { Delivery } from "./delivery.js";
import { codeOf, type Transport } from "./transport.js";

/** One delivery after the other over one transport, until it is shut down. */
export class Sender {
  readonly #name: string;
  readonly #transport: Transport;
  readonly #maxBytes: number;
  #queue: Promise<unknown> = Promise.resolve();
  /** Ends what is under way. */
  readonly #stop = new AbortController();

  /** @param maxBytes - longest payload */
  constructor(name: string, transport: Transport, maxBytes: number) {
    this.#name = name;
    this.#transport = transport;
    this.#maxBytes = maxBytes;
  }

  /** Runs when all that came before has ended. Never rejects. */
  inTurn(work: () => Promise<ExportResult>): Promise<ExportResult> {
    const turn = this.#queue.then(async (): Promise<ExportResult> => {
      try {
        if (this.#stop.signal.aborted) throw new Error(`${this.#name} is shut down`);
        return await work();
      } catch (error) {
        return { status: "failure", error: this.#rebuilt(error) };
      }
    });
    this.#queue = turn;
    return turn;
  }

  /** @returns what went wrong, if anything did; what has gone out all the same says so itself */
  async deliver(
    signal: AbortSignal,
    fill: (delivery: Delivery) => Promise<void>,
  ): Promise<Error | undefined> {
    const transport = this.#transport;
    const either = new AbortController();
    const abort = (): void => either.abort();
    const sources = [signal, this.#stop.signal];
    for (const source of sources) {
      if (source.aborted) abort();
      source.addEventListener("abort", abort);
    }
    const delivery = new Delivery(transport, this.#maxBytes, either.signal);
    try {
      await transport.open(either.signal);
      await fill(delivery);
      await delivery.finish();
      return undefined;
    } catch (error) {
      await delivery.abandon(error);
      // A socket that failed, or a frame that was cut off, is of no further use.
      transport.close();
      return this.#rebuilt(error);
    } finally {
      for (const source of sources) source.removeEventListener("abort", abort);
    }
  }

  /** Resolves when nothing is under way. */
  async idle(): Promise<void> {
    await this.#queue;
  }

  /** Closes the socket: what is under way fails. */
  async shutdown(): Promise<void> {
    this.#stop.abort();
    await this.#queue;
    this.#transport.close();
  }

  #rebuilt(error: unknown): Error {
    const code = codeOf(error);
    const message = `${this.#transport.target}: ${describeError(error)}`;
    return code === undefined ? new Error(message) : Object.assign(new Error(message), { code });
  }
}
