import { describeError } from "../../diag/diag.js";
import { guardedCall } from "../../diag/guarded-call.js";
import { isObject } from "../../readers/checks.js";
import type { WatchContext } from "../../readers/watcher.js";
import { Keeper } from "../../state/keeper.js";
import { DAY, HOUR, MINUTE } from "./decay.js";
import type { Tracked } from "./tracked.js";

const VERSION = 2;
const KEY = "detectors";
const SAVE_MS = 10 * MINUTE;
/** What nobody asked for by then is gone for good: its operation has another name now. */
const WAIT_MS = 7 * DAY;
/** So many signals that are gone are kept, the last ones; a few KB each. */
const MOST_WAITING = 3000;
/** Before, there is nothing worth keeping, and a short job leaves no file behind. */
const LEAST_MS = HOUR / 2;
/** A store may take no more than 16 MiB at a time, and three bytes a character in the worst case. */
const MOST_CHARACTERS = 5_000_000;
const TOO_MUCH = `what is usual takes more than ${MOST_CHARACTERS} characters; the rest is not kept over a restart`;

type Context = Pick<WatchContext, "clock" | "diag" | "store">;

/**
 * What is usual, over restarts. Knowledge of one process serves another of the same service, so the last
 * one to save has the say.
 */
export class DetectionState {
  /** Restored and not asked for yet, or gone for now. */
  readonly #waiting = new Map<string, { readonly state: unknown; readonly sinceMs: number }>();
  #context: Context | undefined;
  #keeper: Keeper | undefined;
  #worthyAt = 0;

  /** @param entries - of what there is, what is to be kept first before the rest */
  constructor(private readonly entries: () => Iterable<readonly [string, Tracked<never>]>) {}

  /** Never rejects. */
  async load(context: Context): Promise<void> {
    const { clock, diag, store } = context;
    this.#context = context;
    this.#worthyAt = clock.now() + LEAST_MS;
    this.#keeper = new Keeper({
      store,
      clock,
      diag,
      key: KEY,
      version: VERSION,
      intervalMs: SAVE_MS,
      save: () => ({ series: this.#save() }),
      restore: (state) => this.#restore(state),
    });
    await this.#keeper.load();
  }

  /** Hands a series what was saved of it. */
  give(key: string, tracked: Tracked<never>): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    try {
      tracked.restore(waiting.state);
    } catch (error) {
      const text = `what is usual could not be restored: ${describeError(error)}`;
      this.#context?.diag.warn(`state:${KEY}:series`, text);
    }
  }

  /** Keeps what was learned of a series that is gone: night jobs come back. */
  take(key: string, tracked: Tracked<never>): void {
    this.#wait(key, tracked.save());
  }

  /** Saves when it is time. Cheap; returns at once. */
  tick(): void {
    if (this.#isWorthy) this.#keeper?.tick();
  }

  async stop(timeoutMs: number): Promise<void> {
    if (this.#isWorthy) await this.#keeper?.stop(timeoutMs);
  }

  get #isWorthy(): boolean {
    return this.#context !== undefined && this.#context.clock.now() >= this.#worthyAt;
  }

  #wait(key: string, state: unknown): void {
    this.#waiting.set(key, { state, sinceMs: this.#context?.clock.now() ?? 0 });
    if (this.#waiting.size <= MOST_WAITING) return;
    for (const oldest of this.#waiting.keys()) {
      this.#waiting.delete(oldest);
      break;
    }
  }

  #restore(state: unknown): boolean {
    const { series } = (state ?? {}) as { series?: unknown };
    if (!isObject(series)) return false;
    for (const [key, each] of Object.entries(series)) this.#wait(key, each);
    // The store was away at the start: what was saved is worth more than some minutes.
    for (const [key, tracked] of this.entries()) this.give(key, tracked);
    // What has run before is worth keeping at once.
    this.#worthyAt = 0;
    return true;
  }

  /** Each series is asked when its turn comes, and left out where there is no room for it any more. */
  #save(): Record<string, unknown> {
    const now = this.#context?.clock.now() ?? 0;
    const series: Record<string, unknown> = Object.create(null);
    let left = MOST_CHARACTERS;
    const add = (key: string, save: () => unknown): void => {
      const toJSON = () => {
        const state = guardedCall(save);
        left -= key.length + (JSON.stringify(state)?.length ?? 0);
        if (left >= 0) return state;
        this.#context?.diag.warn(`state:${KEY}:large`, TOO_MUCH);
        return undefined;
      };
      series[key] = { toJSON };
    };
    for (const [key, tracked] of this.entries()) add(key, () => tracked.save());
    for (const [key, { state, sinceMs }] of this.#waiting) {
      if (now - sinceMs > WAIT_MS) this.#waiting.delete(key);
      else add(key, () => state);
    }
    return series;
  }
}
