import type { FleetServices, Lease, StateStore } from "./services.js";

/** A place among the processes of a service, until so long after its process has gone. */
const PLACE_MS = 600_000;
const MAX_PLACES = 64;

/**
 * A store that a fleet shares: each process counts its own share of the events, and keeps it in a place of
 * its own, which a restarted process takes over. A store of this process alone needs no places.
 */
export class PlacedStore implements StateStore {
  readonly name: string;
  readonly #services: FleetServices | undefined;
  #place: { readonly lease: Lease; readonly key: string } | undefined;

  constructor(
    private readonly store: StateStore,
    services: FleetServices | undefined,
  ) {
    this.name = store.name;
    this.#services = store === services?.store ? services : undefined;
  }

  async load(key: string): Promise<string | undefined> {
    return this.store.load(await this.#placed(key));
  }

  async save(key: string, value: string): Promise<void> {
    await this.store.save(await this.#placed(key), value);
  }

  async release(): Promise<void> {
    await this.#place?.lease.release();
  }

  /** @throws while the place cannot be held: what is there is another's */
  async #placed(key: string): Promise<string> {
    if (this.#services === undefined) return key;
    if (this.#place !== undefined) {
      if ((await this.#place.lease.hold()) !== 0) return this.#place.key;
      throw new Error("the place of this process is not held");
    }
    for (let place = 0; place < MAX_PLACES; place++) {
      const placed = `${key}/${place}`;
      const lease = this.#services.lease(placed, PLACE_MS);
      if ((await lease.hold()) === 0) continue;
      this.#place = { lease, key: placed };
      return placed;
    }
    throw new Error("there is no place for this process");
  }
}
