import type { WatchContext } from "../readers/watcher.js";
import { Keeper } from "../state/keeper.js";
import { PlacedStore } from "../state/placed-store.js";
import { limitOf } from "../time/limit.js";

/** A training that dies loses a minute at most. */
const SAVE_MS = 60_000;

export interface KeptParts {
  /** Under which they are kept. */
  readonly key: string;
  /** Of their form. */
  readonly version: number;
  /** Whether anything has come since the start: without it nothing is written. */
  readonly hasNews: () => boolean;
  readonly save: () => unknown;
  /** @returns false for a state that cannot be read */
  readonly restore: (state: unknown, savedMs: number) => boolean;
}

/** Books over restarts: what is kept is loaded before anything is saved, however late the store comes up. */
export class Kept {
  #store: PlacedStore | undefined;
  #keeper: Keeper | undefined;
  #context: WatchContext | undefined;

  constructor(private readonly parts: KeptParts) {}

  /** Never rejects. */
  async load(context: WatchContext): Promise<void> {
    const { store, services, clock, diag } = context;
    if (store === undefined) return;
    this.#context = context;
    this.#store = new PlacedStore(store, services);
    const { key, version, save, restore } = this.parts;
    this.#keeper = new Keeper({
      store: this.#store,
      clock,
      diag,
      key,
      version,
      intervalMs: SAVE_MS,
      save,
      restore,
    });
    await this.#keeper.load();
  }

  /** Saves when it is time. Cheap; returns at once. */
  tick(): void {
    if (this.parts.hasNews()) this.#keeper?.tick();
  }

  /** Never rejects. */
  async stop(timeoutMs: number): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === undefined || this.#context === undefined) return;
    const limit = limitOf(this.#context.clock, timeoutMs, true);
    // However short the process lived: what it was told is told nowhere else.
    if (this.parts.hasNews()) keeper.changed();
    const last = keeper.stop(timeoutMs).then(() => this.#store?.release());
    await Promise.race([last.catch(() => {}), limit.expired]);
    limit.cancel();
  }
}
