import { slicedJson } from "../../state/sliced-json.js";
import type { Clock } from "../../time/clock.js";
import { inSlices, Slices } from "../../time/slices.js";
import type { GuardedStore } from "./guarded-store.js";
import type { Shared, Sharing } from "./sharing.js";

/** While nothing happens, figures are kept this often. */
const IDLE_SAVE_MS = 300_000;

/** One process that notifies for itself; its state is in a store of its own, if anywhere. */
export class Alone implements Sharing {
  readonly leads = true;
  #savedVersion = -1;
  #savedMs = 0;
  #busy: Promise<void> | undefined;

  constructor(
    private readonly shared: Shared,
    private readonly store: GuardedStore | undefined,
    private readonly key: string,
    private readonly clock: Clock,
  ) {}

  remote(): Iterable<never> {
    return [];
  }

  async start(): Promise<void> {
    this.#savedVersion = this.shared.version();
    this.#savedMs = this.clock.now();
    const found = await this.store?.load(this.key);
    if (found === undefined || found === "failed" || found.text === undefined) return;
    try {
      this.shared.restore(JSON.parse(found.text));
    } catch {
      this.shared.restore(undefined);
    }
  }

  exchange(): Promise<void> {
    this.#busy ??= this.#exchange().finally(() => {
      this.#busy = undefined;
    });
    return this.#busy;
  }

  async #exchange(): Promise<void> {
    const isChanged = this.shared.version() !== this.#savedVersion;
    const isOld = this.clock.now() - this.#savedMs >= IDLE_SAVE_MS;
    if (isChanged || isOld || this.shared.isWaiting()) await this.#save();
    // Even when it could not be kept: better twice than never.
    this.shared.release();
  }

  sent(): void {}

  async stop(): Promise<void> {
    await this.#busy;
    if (this.shared.version() !== this.#savedVersion) await this.#save();
  }

  async #save(): Promise<void> {
    const { store, shared } = this;
    this.#savedMs = this.clock.now();
    const version = shared.version();
    const state = shared.state();
    if (store === undefined) {
      this.#savedVersion = version;
      return;
    }
    const text = await inSlices(slicedJson(state), new Slices(this.clock));
    if (await store.save(this.key, text ?? "")) this.#savedVersion = version;
  }
}
