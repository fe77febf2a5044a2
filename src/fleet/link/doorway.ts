import { BroadcastChannel } from "node:worker_threads";
import type { Way } from "./link.js";

/** A way to another thread: a channel there and a channel back, which nobody else uses. */
export class Doorway implements Way {
  readonly name: string;
  readonly known: { readonly pid: number; readonly threadId: number };
  readonly isExpected = true;
  #out: BroadcastChannel | undefined;
  #back: BroadcastChannel | undefined;

  constructor(
    readonly threadId: number,
    readonly isDownstream: boolean,
  ) {
    this.name = `thread ${threadId}`;
    this.known = { pid: process.pid, threadId };
  }

  get isOpen(): boolean {
    return this.#out !== undefined;
  }

  /** @param here - names of the doors, unique in the process */
  open(here: string, there: string, hear: (message: unknown) => void): void {
    this.#out = new BroadcastChannel(`${here}>${there}`);
    this.#back = new BroadcastChannel(`${there}>${here}`);
    this.#back.onmessage = ({ data }: { data?: unknown }) => hear(data);
    this.#out.unref();
    this.#back.unref();
  }

  send(message: object): boolean {
    try {
      this.#out?.postMessage(message);
      return this.isOpen;
    } catch {
      // Closed with its thread, or something in it cannot be cloned.
      return false;
    }
  }

  close(): void {
    this.#out?.close();
    this.#back?.close();
    this.#out = undefined;
    this.#back = undefined;
  }
}
