import { type Diag, describeError } from "../diag/diag.js";
import type { FleetServices } from "../state/services.js";
import type { Clock } from "../time/clock.js";
import { CAPACITY_KEY, type CapacityContext } from "./capacity.js";
import { DASHBOARD_CHANNEL, type DashboardPayload } from "./dashboard.js";

/** Longest that a save of the capacity is waited for before another is begun. */
const SAVE_MS = 30_000;
/** A process that died has no room: what it said is gone by then. */
const TTL_MS = 30_000;

/** What became of what was published, since the start. */
export interface OutletTally {
  /** Dashboards handed to the fleet's store, where there is one. */
  published: number;
  capacitySaved: number;
  capacityFailed: number;
}

/** Hands dashboards and the capacity to the fleet's store, for programs in any language. */
export class Outlet {
  readonly tally: OutletTally = { published: 0, capacitySaved: 0, capacityFailed: 0 };
  #savingSince: number | undefined;

  constructor(
    private readonly services: FleetServices,
    private readonly about: {
      readonly service: string;
      readonly clock: Clock;
      readonly diag: Diag;
    },
  ) {}

  dashboard(dashboard: DashboardPayload): void {
    this.services.publish(DASHBOARD_CHANNEL, JSON.stringify(dashboard));
    this.tally.published++;
  }

  /** One save at a time. */
  capacity(capacity: CapacityContext): void {
    const now = this.about.clock.now();
    if (this.#savingSince !== undefined && now - this.#savingSince < SAVE_MS) return;
    this.#savingSince = now;
    const settle = (error?: unknown): void => {
      if (this.#savingSince === now) this.#savingSince = undefined;
      if (error === undefined) this.tally.capacitySaved++;
      else {
        this.tally.capacityFailed++;
        const text = `the capacity was not saved: ${describeError(error)}`;
        this.about.diag.warn("workload:capacity", text);
      }
    };
    this.#save(capacity).then(
      () => settle(),
      (error) => settle(error ?? "refused"),
    );
  }

  async #save(capacity: CapacityContext): Promise<void> {
    const { services, about } = this;
    const fields = { service: about.service, ...capacityFields(capacity) };
    await services.writeHash(CAPACITY_KEY, fields, TTL_MS);
  }
}

/** As fields of the documents' hash: names in snake case, values as text; what is not known has none. */
export function capacityFields(capacity: CapacityContext): Record<string, string> {
  const known = Object.entries(capacity).filter(([, value]) => value !== null);
  return Object.fromEntries(
    known.map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      Array.isArray(value) ? value.join("; ") : String(value),
    ]),
  );
}
