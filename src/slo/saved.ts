import type { WatchContext } from "../readers/watcher.js";
import { Keeper } from "../state/keeper.js";
import { PlacedStore } from "../state/placed-store.js";
import { limitOf } from "../time/limit.js";

const VERSION = 1;

export interface Saving {
  save(): object;
  /** @returns false for a state that cannot be read */
  restore(state: unknown): boolean;
}

/**
 * An SLO's history over restarts: nothing is saved before what was kept is loaded, however late the store
 * comes up.
 */
export class SloSaved {
  readonly #key: string;
  #store: PlacedStore | undefined;
  #keeper: Keeper | undefined;
  #context: WatchContext | undefined;

  constructor(
    name: string,
    private readonly parts: Saving,
  ) {
    this.#key = `slo/${encodeURIComponent(name)}`;
  }

  /** Never rejects. */
  async load(context: WatchContext): Promise<void> {
    const { store, services, clock, diag } = context;
    if (store === undefined) return;
    this.#context = context;
    this.#store = new PlacedStore(store, services);
    this.#keeper = new Keeper({
      store: this.#store,
      clock,
      diag,
      key: this.#key,
      version: VERSION,
      save: () => this.parts.save(),
      restore: (state) => this.parts.restore(state),
    });
    await this.#keeper.load();
  }

  /** Told of every evaluation; saves now and then. */
  tick(): void {
    this.#keeper?.tick();
  }

  /** Never rejects. */
  async stop(timeoutMs: number): Promise<void> {
    const keeper = this.#keeper;
    if (keeper === undefined || this.#context === undefined) return;
    const limit = limitOf(this.#context.clock, timeoutMs, true);
    // However short the process lived: what it counted is part of the window.
    keeper.changed();
    const last = keeper.stop(timeoutMs).then(() => this.#store?.release());
    await Promise.race([last.catch(() => {}), limit.expired]);
    limit.cancel();
  }
}
