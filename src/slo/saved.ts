import { describeError } from "../diag/diag.js";
import type { WatchContext } from "../readers/watcher.js";
import type { Lease, StateStore } from "../state/services.js";

const VERSION = 1;
const SAVE_MS = 300_000;
/** A place among the processes of a service, until so long after its process has gone. */
const PLACE_MS = 2 * SAVE_MS;
const MAX_PLACES = 64;

export interface Saving {
  save(): object;
  restore(state: Readonly<Record<string, unknown>>): void;
}

/**
 * An SLO's history over restarts.
 *
 * Each process counts its own share of the events, so in a store that a fleet shares each keeps it in a
 * place of its own, which a restarted process takes over.
 */
export class SloSaved {
  #store: StateStore | undefined;
  #context: WatchContext | undefined;
  #place: Lease | undefined;
  #key: string;
  #savedAt = 0;
  #saving: Promise<void> | undefined;

  constructor(
    name: string,
    private readonly parts: Saving,
  ) {
    this.#key = `slo/${encodeURIComponent(name)}`;
  }

  /** Never rejects. */
  async load(context: WatchContext): Promise<void> {
    this.#context = context;
    this.#savedAt = context.clock.wall();
    const { store, services } = context;
    if (store === undefined) return;
    try {
      if (store === services?.store && !(await this.#takePlace(context))) return;
      const text = await store.load(this.#key);
      // From here on what is saved is more than what was.
      this.#store = store;
      if (text === undefined) return;
      const { version, ...state } = JSON.parse(text);
      if (version === VERSION) this.parts.restore(state);
    } catch (error) {
      this.#store = store;
      this.#fault("loaded", error);
    }
  }

  /** Told of every change; saves now and then. */
  changed(now: number): void {
    if (now - this.#savedAt < SAVE_MS) return;
    this.#savedAt = now;
    void this.#place?.hold();
    void this.#save();
  }

  async stop(timeoutMs: number): Promise<void> {
    const { clock } = this.#context ?? {};
    if (clock === undefined) return;
    let cancel = () => {};
    const late = new Promise<void>((resolve) => {
      cancel = clock.schedule(timeoutMs, resolve);
    });
    await Promise.race([this.#save().then(() => this.#place?.release()), late]);
    cancel();
  }

  async #takePlace({ services }: WatchContext): Promise<boolean> {
    for (let place = 0; place < MAX_PLACES; place++) {
      const lease = services?.lease(`${this.#key}/${place}`, PLACE_MS);
      if (lease === undefined || (await lease.hold()) === 0) continue;
      this.#place = lease;
      this.#key = `${this.#key}/${place}`;
      return true;
    }
    return false;
  }

  /** One at a time; a change meanwhile goes with the next. Never rejects. */
  #save(): Promise<void> {
    this.#saving ??= this.#write().finally(() => {
      this.#saving = undefined;
    });
    return this.#saving;
  }

  async #write(): Promise<void> {
    try {
      const text = JSON.stringify({ version: VERSION, ...this.parts.save() });
      await this.#store?.save(this.#key, text);
    } catch (error) {
      this.#fault("saved", error);
    }
  }

  #fault(what: string, error: unknown): void {
    const text = `the history of an SLO could not be ${what}: ${describeError(error)}`;
    this.#context?.diag.warn(`state:${this.#key}`, text);
  }
}
