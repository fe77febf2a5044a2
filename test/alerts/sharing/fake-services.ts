import type { FleetServices, Lease, StateStore } from "../../../src/state/services.js";
import type { ManualClock } from "../../helpers/manual-clock.js";

/** What processes of a fleet share, in memory: leases by a manual clock, and faults to order. */
export class FakeShared {
  readonly values = new Map<string, string>();
  readonly #leases = new Map<string, { owner: string; token: number; untilMs: number }>();
  saves = 0;
  isDown = false;
  #tokens = 0;

  constructor(private readonly clock: ManualClock) {}

  /** As one process sees it. @param isCutOff - what it asks for then never comes */
  services(owner: string, isCutOff: () => boolean = () => false): FleetServices {
    const away = <T>(answer: () => T): Promise<T> => {
      if (isCutOff()) return new Promise(() => {});
      return this.isDown
        ? Promise.reject(new Error("shared store is down"))
        : Promise.resolve(answer());
    };
    const store: StateStore = {
      name: "shared",
      load: (key) => away(() => this.values.get(key)),
      save: (key, value) =>
        away(() => {
          this.saves++;
          this.values.set(key, value);
        }),
    };
    return {
      store,
      lease: (name, ttlMs) => this.#lease(name, ttlMs, owner, isCutOff),
      publish() {},
      async writeHash() {},
    };
  }

  /** Whoever holds a lease holds it no more. */
  expire(): void {
    for (const lease of this.#leases.values()) lease.untilMs = 0;
  }

  #lease(name: string, ttlMs: number, owner: string, isCutOff: () => boolean): Lease {
    return {
      hold: async () => {
        if (isCutOff()) return new Promise<number>(() => {});
        if (this.isDown) return 0;
        const now = this.clock.now();
        const held = this.#leases.get(name);
        if (held !== undefined && held.untilMs > now && held.owner !== owner) return 0;
        const isOwn = held !== undefined && held.owner === owner && held.untilMs > now;
        const token = isOwn ? held.token : ++this.#tokens;
        this.#leases.set(name, { owner, token, untilMs: now + ttlMs });
        return token;
      },
      release: async () => {
        const held = this.#leases.get(name);
        if (held?.owner === owner) held.untilMs = 0;
      },
    };
  }
}
