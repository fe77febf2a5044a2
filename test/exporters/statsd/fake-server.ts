import type { Transport } from "../../../src/exporters/statsd/transport.js";
import { type Parsed, parse } from "./strict-parser.js";

/** What becomes of a payload, and whether the export is aborted meanwhile. */
export type Fate =
  | "taken"
  | "refused"
  | "ENOBUFS"
  | "EMSGSIZE"
  | "taken, aborted"
  | "refused, aborted";

/** A server and the way to it in one: it refuses, chokes or finds payloads too long when it is told to. */
export class FakeServer implements Transport {
  readonly target = "fake://server";
  readonly payloads: Buffer[] = [];
  /** Of each payload, in order; "taken" when there is no more. */
  script: Fate[] = [];
  #abort = new AbortController();
  #refused = false;

  /** Of one export: aborts when the script says so. */
  signal(): AbortSignal {
    this.#abort = new AbortController();
    return this.#abort.signal;
  }

  async open(): Promise<void> {
    this.#refused = false;
  }

  async send(payload: Buffer): Promise<void> {
    // As a kernel does: word of a refusal comes with the next call, which does nothing else.
    if (this.#refused) {
      this.#refused = false;
      throw fault("ECONNREFUSED");
    }
    const [fate, isAborted] = (this.script.shift() ?? "taken").split(", ") as [string, string?];
    if (isAborted) this.#abort.abort();
    if (fate === "taken") this.payloads.push(payload);
    else if (fate === "refused") this.#refused = true;
    else throw fault(fate);
  }

  async settle(): Promise<void> {
    if (!this.#refused) return;
    this.#refused = false;
    throw fault("ECONNREFUSED");
  }

  close(): void {}

  get parsed(): Parsed[] {
    return this.payloads.flatMap(parse);
  }

  totals(): Map<string, number> {
    return totalsOf(this.parsed);
  }
}

/** Counts that arrived, by name and tags: values of counters, numbers of timings. */
export function totalsOf(parsed: readonly Parsed[]): Map<string, number> {
  const totals = new Map<string, number>();
  for (const { name, tags, type, value, rate } of parsed) {
    if (type === "g") continue;
    const key = `${name} ${tags.join(",")}`;
    totals.set(key, (totals.get(key) ?? 0) + (type === "c" ? value : 1 / rate));
  }
  return totals;
}

function fault(code: string): Error {
  return Object.assign(new Error(code), { code });
}
