import { describeError } from "../../diag/diag.js";
import type { WatchContext } from "../../readers/watcher.js";
import { DAY, HOUR, MINUTE } from "./decay.js";
import type { Tracked } from "./tracked.js";

const VERSION = 1;
const KEY = "detectors";
const SAVE_MS = 10 * MINUTE;
/** What nobody asked for by then is gone for good: its operation has another name now. */
const WAIT_MS = 7 * DAY;
/** So many series that are gone are kept, the last ones; a few KB each. */
const MOST_WAITING = 1000;
/** Before, there is nothing worth keeping, and a short job leaves no file behind. */
const LEAST_MS = HOUR / 2;

/**
 * What is usual, over restarts. Knowledge of one process serves another of the same service, so the last
 * one to save has the say.
 */
export class DetectionState {
  /** Restored and not asked for yet, or gone for now. */
  readonly #waiting = new Map<string, { readonly state: unknown; readonly sinceMs: number }>();
  #context: WatchContext | undefined;
  #startedAt = 0;
  #savedAt = 0;
  #saving: Promise<void> | undefined;

  constructor(private readonly entries: () => Iterable<readonly [string, Tracked<never>]>) {}

  /** Never rejects. */
  async load(context: WatchContext): Promise<void> {
    this.#context = context;
    this.#startedAt = context.clock.wall();
    this.#savedAt = this.#startedAt;
    try {
      const text = await context.store?.load(KEY);
      if (text === undefined) return;
      const { version, series } = JSON.parse(text);
      if (version !== VERSION) return;
      for (const [key, state] of Object.entries(series)) {
        this.#waiting.set(key, { state, sinceMs: this.#savedAt });
      }
      // What has run before is worth keeping at once.
      this.#startedAt -= LEAST_MS;
    } catch (error) {
      this.#fault("loaded", error);
    }
  }

  /** Hands a series what was saved of it. */
  give(key: string, tracked: Tracked<never>): void {
    const waiting = this.#waiting.get(key);
    if (waiting === undefined) return;
    this.#waiting.delete(key);
    try {
      tracked.restore(waiting.state);
    } catch (error) {
      this.#fault("restored", error);
    }
  }

  /** Keeps what was learned of a series that is gone: night jobs come back. */
  take(key: string, tracked: Tracked<never>): void {
    const sinceMs = this.#context?.clock.wall() ?? 0;
    this.#waiting.set(key, { state: tracked.save(), sinceMs });
    if (this.#waiting.size <= MOST_WAITING) return;
    for (const oldest of this.#waiting.keys()) {
      this.#waiting.delete(oldest);
      break;
    }
  }

  changed(now: number): void {
    if (now - this.#savedAt < SAVE_MS || now - this.#startedAt < LEAST_MS) return;
    this.#savedAt = now;
    for (const [key, { sinceMs }] of this.#waiting) {
      if (now - sinceMs > WAIT_MS) this.#waiting.delete(key);
    }
    void this.#save();
  }

  async stop(timeoutMs: number): Promise<void> {
    const { clock, store } = this.#context ?? {};
    if (clock === undefined || store === undefined) return;
    if (clock.wall() - this.#startedAt < LEAST_MS) return;
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = clock.schedule(timeoutMs, resolve);
    });
    await Promise.race([this.#save(), late]);
    cancel();
  }

  /** One at a time. Never rejects. */
  #save(): Promise<void> {
    this.#saving ??= this.#write().finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }

  async #write(): Promise<void> {
    try {
      const series: Record<string, unknown> = Object.create(null);
      for (const [key, { state }] of this.#waiting) series[key] = state;
      for (const [key, tracked] of this.entries()) series[key] = tracked.save();
      await this.#context?.store?.save(KEY, JSON.stringify({ version: VERSION, series }));
    } catch (error) {
      this.#fault("saved", error);
    }
  }

  #fault(what: string, error: unknown): void {
    const text = `what is usual could not be ${what}: ${describeError(error)}`;
    this.#context?.diag.warn(`state:${KEY}`, text);
  }
}
