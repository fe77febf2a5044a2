import type { MetricData } from "../../snapshot/batch.js";
import type { Point } from "./lines.js";
import { Aborted, codeOf, type Transport } from "./transport.js";

/** Bytes between two turns of the event loop: a millisecond's work, and a tenth of a receiver's buffer. */
const BURST_BYTES = 24_576;

/** Lines on their way, in order. */
export interface Outgoing {
  /** Whose they are; none for an event, or what is left of a point that an earlier export had begun. */
  readonly of?: { readonly metric: MetricData; readonly point: Point };
  readonly lines: readonly string[];
  /** How many of them need not be sent again: they have gone out, or were given up. */
  sent: number;
  /** Whether some of it was given up. */
  lost: boolean;
}

/**
 * Fills payloads with whole lines, sends them one after the other, and notes on what is outgoing how far
 * it has got.
 */
export class Delivery {
  #lines: string[] = [];
  #bytes = 0;
  /** One entry a line. */
  #owners: Outgoing[] = [];
  /** Owners of the payload before the next. Word of its refusal comes with the next payload, or a turn later. */
  #inDoubt: readonly Outgoing[] = [];
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
      this.#lines.push(line);
      this.#bytes += this.#bytes === 0 ? bytes : bytes + 1;
      this.#owners.push(outgoing);
    }
  }

  async finish(): Promise<void> {
    if (this.#bytes > 0) await this.#send();
    await this.#settle();
    if (this.signal.aborted) throw new Aborted();
  }

  /** Ends a delivery that failed: what is in doubt has gone out, unless word comes that it was refused. */
  async abandon(error: unknown): Promise<void> {
    if (this.#inDoubt.length === 0 || codeOf(error) === "ECONNREFUSED") return;
    try {
      await this.#settle();
    } catch {
      // It was refused, and is sent again.
    }
  }

  async #send(): Promise<void> {
    if (this.signal.aborted) throw new Aborted();
    const payload = Buffer.from(this.#lines.join("\n"));
    const owners = this.#owners;
    this.#lines = [];
    this.#bytes = 0;
    this.#owners = [];
    try {
      await this.transport.send(payload, this.signal);
    } catch (error) {
      if (codeOf(error) !== "EMSGSIZE") throw error;
      await this.#settle();
      for (const owner of owners) owner.lost = true;
    }
    this.#confirm();
    this.#inDoubt = owners;
    this.#burst += payload.length;
    if (this.#burst < BURST_BYTES) return;
    this.#burst = 0;
    await this.#settle();
  }

  async #settle(): Promise<void> {
    await this.transport.settle();
    this.#confirm();
  }

  #confirm(): void {
    for (const owner of this.#inDoubt) owner.sent++;
    this.#inDoubt = [];
  }
}
