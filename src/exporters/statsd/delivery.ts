import type { MetricData } from "../../snapshot/batch.js";
import type { Point } from "./lines.js";
import { Aborted, codeOf, type Transport } from "./transport.js";

/** Bytes between two turns of the event loop: a millisecond's work, and a tenth of a receiver's buffer. */
const BURST_BYTES = 24_576;

/** Lines on their way, in order. */
export interface Outgoing {
  /** Whose they are; none for what is left of a point that an earlier export had begun. */
  readonly of?: { readonly metric: MetricData; readonly point: Point };
  readonly lines: readonly string[];
  /** How many of them have gone out. */
  sent: number;
}

interface Payload {
  readonly bytes: Buffer;
  /** One entry a line. */
  readonly owners: readonly Outgoing[];
}

/**
 * Fills payloads with whole lines, sends them one after the other, and knows which lines went out when
 * that fails.
 */
export class Delivery {
  /** Whatever has lines that went out, in order. */
  readonly begun: Outgoing[] = [];
  /** Points of which a line was in a payload that was too long for the path. */
  readonly tooLong = new Set<Outgoing>();
  #text = "";
  #bytes = 0;
  #owners: Outgoing[] = [];
  /** Sent, but a refusal may still come back: it is of the payload before the one that brings it. */
  #inDoubt: Payload | undefined;
  #burst = 0;

  constructor(
    private readonly transport: Transport,
    private readonly maxBytes: number,
    private readonly signal: AbortSignal,
  ) {}

  async add(outgoing: Outgoing): Promise<void> {
    for (const line of outgoing.lines) {
      const bytes = Buffer.byteLength(line);
      if (this.#bytes > 0 && this.#bytes + 1 + bytes > this.maxBytes) await this.#send();
      this.#text += this.#bytes === 0 ? line : `\n${line}`;
      this.#bytes += this.#bytes === 0 ? bytes : bytes + 1;
      this.#owners.push(outgoing);
    }
  }

  async finish(): Promise<void> {
    if (this.#bytes > 0) await this.#send();
    await this.#settle();
    if (this.signal.aborted) throw new Aborted();
  }

  async #send(): Promise<void> {
    if (this.signal.aborted) throw this.#failed(new Aborted());
    const payload = { bytes: Buffer.from(this.#text), owners: this.#owners };
    this.#text = "";
    this.#bytes = 0;
    this.#owners = [];
    try {
      await this.transport.send(payload.bytes, this.signal);
    } catch (error) {
      if (codeOf(error) !== "EMSGSIZE") throw this.#failed(error);
      for (const owner of payload.owners) this.tooLong.add(owner);
    }
    this.#confirm();
    this.#inDoubt = payload;
    this.#burst += payload.bytes.length;
    if (this.#burst < BURST_BYTES) return;
    this.#burst = 0;
    await this.#settle();
  }

  async #settle(): Promise<void> {
    try {
      await this.transport.settle();
    } catch (error) {
      throw this.#failed(error);
    }
    this.#confirm();
  }

  #failed(error: unknown): unknown {
    if (codeOf(error) !== "ECONNREFUSED") this.#confirm();
    this.#inDoubt = undefined;
    return error;
  }

  #confirm(): void {
    for (const owner of this.#inDoubt?.owners ?? []) {
      if (owner.sent++ === 0) this.begun.push(owner);
    }
    this.#inDoubt = undefined;
  }
}
