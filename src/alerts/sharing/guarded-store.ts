import { type Diag, describeError } from "../../diag/diag.js";
import type { StateStore } from "../../state/services.js";
import type { Clock } from "../../time/clock.js";
import { limitOf } from "../../time/limit.js";

const TIMEOUT_MS = 5000;

/** A store that answers in time, or not at all. Never rejects. */
export class GuardedStore {
  constructor(
    private readonly store: StateStore,
    private readonly clock: Clock,
    private readonly diag: Diag,
  ) {}

  /** @returns what is there; undefined when nothing is; `failed` when nobody can tell */
  async load(key: string): Promise<{ readonly text: string | undefined } | "failed"> {
    const answer = await this.#inTime("load", () => this.store.load(key));
    if (answer === "failed") return "failed";
    const text: unknown = answer.value;
    return { text: typeof text === "string" && text !== "" ? text : undefined };
  }

  async save(key: string, text: string): Promise<boolean> {
    return (await this.#inTime("save", () => this.store.save(key, text))) !== "failed";
  }

  async #inTime<T>(what: string, call: () => Promise<T>): Promise<{ value: T } | "failed"> {
    const limit = limitOf(this.clock, TIMEOUT_MS);
    try {
      const answer = Promise.resolve()
        .then(call)
        .then((value) => ({ value }));
      answer.catch(() => {});
      const first = await Promise.race([answer, limit.expired]);
      if (first === "expired") throw new Error(`no answer within ${TIMEOUT_MS} ms`);
      return first;
    } catch (error) {
      const why = describeError(error);
      this.diag.warn(`alerts:${what}`, `alerts, ${what} (${this.store.name}): ${why}`);
      return "failed";
    } finally {
      limit.cancel();
    }
  }
}
