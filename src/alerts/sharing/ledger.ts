import { isObject } from "../../readers/checks.js";
import { slicedJson } from "../../state/sliced-json.js";
import type { Clock } from "../../time/clock.js";
import { inSlices, Slices } from "../../time/slices.js";
import type { GuardedStore } from "./guarded-store.js";

/** What the process that notifies leaves to the next one. */
export interface LedgerEntry {
  /** Fencing token of the lease it was written under. */
  readonly token: number;
  /** The last act of each process that was heeded. */
  readonly applied: Readonly<Record<string, number>>;
  readonly state: unknown;
}

/** Successors that must pass before a place is written again. */
const PLACES = 4;

/**
 * The state of the process that notifies, fenced: each holder of the lease writes into a place of its own,
 * the one after its predecessor's, and the largest token counts. What a holder writes late, after it has
 * lost the lease, overwrites nothing of its successors.
 */
export class Ledger {
  #place = 0;
  /** Of what was loaded last; 0: nothing. */
  #token = 0;
  #saves = 0;

  constructor(
    private readonly store: GuardedStore,
    private readonly prefix: string,
    private readonly clock: Clock,
  ) {}

  /** Which entry is the last, in a word: cheap to ask for. Undefined: nobody can tell. */
  async head(): Promise<string | undefined> {
    const answer = await this.store.load(this.#headKey);
    return answer === "failed" ? undefined : (answer.text ?? "");
  }

  /** What was left last. Undefined: nothing; `failed`: nobody can tell. */
  async load(): Promise<LedgerEntry | undefined | "failed"> {
    const keys = Array.from({ length: PLACES }, (_, place) => this.#key(place));
    const answers = await Promise.all(keys.map((key) => this.store.load(key)));
    let latest: LedgerEntry | undefined;
    this.#token = 0;
    for (const [place, answer] of answers.entries()) {
      if (answer === "failed") return "failed";
      const entry = parse(answer.text);
      if (entry === undefined || entry.token <= (latest?.token ?? 0)) continue;
      latest = entry;
      this.#place = place;
      this.#token = entry.token;
    }
    return latest;
  }

  /** After `load`, by the holder of the lease. One that had lost sight of it goes on in its own place. */
  takeOver(token: number): void {
    if (token !== this.#token) this.#place = (this.#place + 1) % PLACES;
  }

  async save(entry: LedgerEntry): Promise<boolean> {
    const text = await inSlices(slicedJson(entry), new Slices(this.clock));
    if (!(await this.store.save(this.#key(this.#place), text ?? ""))) return false;
    this.#saves++;
    return this.store.save(this.#headKey, `${entry.token} ${this.#saves}`);
  }

  get #headKey(): string {
    return `${this.prefix}/ledger/head`;
  }

  #key(place: number): string {
    return `${this.prefix}/ledger/${place}`;
  }
}

function parse(text: string | undefined): LedgerEntry | undefined {
  if (text === undefined) return undefined;
  try {
    const entry: unknown = JSON.parse(text);
    if (!isObject(entry)) return undefined;
    const { token, applied, state } = entry;
    return typeof token === "number" && isObject(applied)
      ? { token, applied: applied as Record<string, number>, state }
      : undefined;
  } catch {
    return undefined;
  }
}
