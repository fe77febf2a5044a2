import { type Diag, describeError } from "../diag/diag.js";
import type { Clock } from "../time/clock.js";
import { limitOf } from "../time/limit.js";
import { inSlices, Slices } from "../time/slices.js";
import type { StateStore } from "./services.js";
import { slicedJson } from "./sliced-json.js";

const DEFAULT_INTERVAL_MS = 300_000;
const DEFAULT_TIMEOUT_MS = 5000;
/** Changes that are to be kept soon are saved this often at most. */
const SOON_MS = 5000;
/** A process that lived shorter has learned nothing worth a file. */
const WORTHY_MS = 60_000;

export interface KeeperOptions {
  /** Undefined: nothing is kept. */
  readonly store: StateStore | undefined;
  readonly clock: Clock;
  readonly diag: Diag;
  /** Under which it is kept: `baselines`. */
  readonly key: string;
  /** Of the form of the state; what was saved by another is not restored. */
  readonly version: number;
  /**
   * What is to be kept, as JSON. Large parts may be objects with `toJSON`: each is asked when its turn comes.
   */
  readonly save: () => unknown;
  /**
   * Takes what was saved; called once, from `load` or from a later `tick` when the store was away at first.
   * @returns false for a state that cannot be read
   */
  readonly restore: (state: unknown, savedMs: number) => boolean;
  /** Milliseconds between saves. @default 300_000 */
  readonly intervalMs?: number;
  /** Longest that the store is waited for, in ms. @default 5000 */
  readonly timeoutMs?: number;
}

/** What became of the state, since the start. */
export interface KeeperTally {
  saved: number;
  /** Saves that the store refused, or was too slow for. */
  failed: number;
  /** Loads of that kind; nothing is saved before one has succeeded, so that nothing is lost. */
  unloaded: number;
  /** States that could not be read: of another version, or damaged. */
  invalid: number;
}

/**
 * Keeps the state of one watcher across restarts: loads it once, saves it now and then and at the end.
 *
 * Never throws or rejects, and has no timer: `tick` is called from the watcher's step. One save at a time.
 */
export class Keeper {
  readonly tally: KeeperTally = { saved: 0, failed: 0, unloaded: 0, invalid: 0 };
  readonly #options: KeeperOptions;
  readonly #startedMs: number;
  #isLoaded = false;
  #isAsked = false;
  /** When it was last due, and when it last tried. */
  #dueMs: number;
  #triedMs: number;
  /** A load or save that is under way, and a call of the store that has not settled. */
  #busy: Promise<void> | undefined;
  #hanging = false;

  constructor(options: KeeperOptions) {
    this.#options = options;
    this.#startedMs = options.clock.now();
    this.#dueMs = this.#startedMs;
    this.#triedMs = this.#startedMs;
  }

  /** Restores what was saved. Resolves within the timeout. */
  load(): Promise<void> {
    return this.#alone(() => this.#load());
  }

  /** Saves when it is time. Cheap; returns at once. */
  tick(): void {
    const { clock, intervalMs = DEFAULT_INTERVAL_MS } = this.#options;
    const now = clock.now();
    const isDue = now - this.#dueMs >= intervalMs;
    const isSoon = this.#isAsked && now - this.#triedMs >= SOON_MS;
    if ((!isDue && !isSoon) || this.#busy !== undefined) return;
    this.#dueMs = now;
    this.#triedMs = now;
    void this.#alone(() => this.#save());
  }

  /** Something has changed that must not wait for the interval, nor be lost by a short-lived process. */
  changed(): void {
    this.#isAsked = true;
  }

  /** Saves for the last time. Resolves within the time given. */
  async stop(timeoutMs: number): Promise<void> {
    const { clock } = this.#options;
    const isWorthy = this.#isAsked || clock.now() - this.#startedMs >= WORTHY_MS;
    const limit = limitOf(clock, timeoutMs, true);
    const last = async (): Promise<void> => {
      await this.#busy;
      if (this.#isLoaded && isWorthy) await this.#alone(() => this.#save());
    };
    await Promise.race([last(), limit.expired]);
    limit.cancel();
  }

  #alone(work: () => Promise<void>): Promise<void> {
    const done = work().finally(() => {
      this.#busy = undefined;
    });
    this.#busy = done;
    return done;
  }

  async #load(): Promise<void> {
    const { store, key, version, restore } = this.#options;
    if (store === undefined) return;
    let text: string | undefined;
    try {
      text = await this.#inTime(() => store.load(key));
    } catch (error) {
      this.tally.unloaded++;
      this.#tell("load", error);
      return;
    }
    this.#isLoaded = true;
    if (typeof text !== "string" || text === "") return;
    try {
      const kept = JSON.parse(text) as { version?: unknown; savedMs?: unknown; state?: unknown };
      if (kept.version === version && restore(kept.state, Number(kept.savedMs))) return;
      this.#tell("restore", `version ${String(kept.version)} cannot be read here`);
    } catch (error) {
      this.#tell("restore", error);
    }
    this.tally.invalid++;
  }

  async #save(): Promise<void> {
    const { store, key, version, clock, save } = this.#options;
    if (store === undefined) return;
    // What is there may be worth more than what was learned since the start.
    if (!this.#isLoaded) await this.#load();
    if (!this.#isLoaded) return;
    const wasAsked = this.#isAsked;
    this.#isAsked = false;
    try {
      const pieces = slicedJson({ version, savedMs: clock.wall(), state: save() });
      const text = await inSlices(pieces, new Slices(clock));
      await this.#inTime(() => store.save(key, text as string));
      this.tally.saved++;
    } catch (error) {
      this.#isAsked ||= wasAsked;
      this.tally.failed++;
      this.#tell("save", error);
    }
  }

  /** One call at a time: one that hangs is not joined by others. */
  async #inTime<T>(call: () => Promise<T>): Promise<T> {
    const { store, clock, timeoutMs = DEFAULT_TIMEOUT_MS } = this.#options;
    if (this.#hanging) throw new Error(`${store?.name} has not answered the last call`);
    this.#hanging = true;
    const answer = Promise.resolve()
      .then(call)
      .finally(() => {
        this.#hanging = false;
      });
    answer.catch(() => {});
    const limit = limitOf(clock, timeoutMs);
    const first = await Promise.race([answer.then((value) => ({ value })), limit.expired]).finally(
      limit.cancel,
    );
    if (first === "expired") throw new Error(`no answer within ${timeoutMs} ms`);
    return first.value;
  }

  #tell(when: "load" | "restore" | "save", error: unknown): void {
    const { diag, key, store } = this.#options;
    const kind = `state:${key}:${when}`;
    diag.warn(kind, `state of ${key}, ${when} (${store?.name}): ${describeError(error)}`);
  }
}
