import { type Diag, describeError } from "../../diag/diag.js";
import type { Lease } from "../../state/services.js";
import type { Clock } from "../../time/clock.js";
import { Slices } from "../../time/slices.js";
import type { Connection } from "./connection.js";
import type { Keys } from "./keys.js";
import type { ResolvedRetention } from "./retention.js";
import { Catalogue } from "./rollup-catalogue.js";
import { CurrentValues } from "./rollup-current.js";
import { GoneKeeper } from "./rollup-gone.js";
import { rewindsOf } from "./rollup-late.js";
import { RollupPass } from "./rollup-pass.js";
import { readProcesses } from "./rollup-processes.js";
import { RollupStateStore } from "./rollup-state.js";
import { longestKept, plansOf, type RollupPlan } from "./rollup-steps.js";
import { RollupStore } from "./rollup-store.js";

/** How often the holder of the lease looks for something to do, and others ask for the lease. */
const HOLDERS_PACE_MS = 2000;
const OTHERS_PACE_MS = 5000;
/** Work of one call; what is left is done in the next. */
const BUDGET_MS = 250;

/** How long the lease of the roll-ups is held without renewal. */
export const ROLLUP_LEASE_MS = 15_000;

export interface RollupsDeps {
  readonly connection: Connection;
  readonly keys: Keys;
  readonly service: string;
  readonly retention: ResolvedRetention;
  /** One for all processes of the service, of about 15 s. */
  readonly lease: Lease;
  readonly clock: Clock;
  readonly diag: Diag;
}

/** What roll-ups did in this process, since its start. */
export interface RollupTally {
  /** Steps written, those written anew included. */
  steps: number;
  /** Times that steps were taken back, because a process wrote late. */
  rewound: number;
  /** Fields that were there already, made of more. */
  kept: number;
  /** Hashes that are somebody else's, and stay. */
  refused: number;
  /** Payloads, windows and records that cannot be read. */
  unreadable: number;
  /** Calls that Redis failed; the next goes on where they stopped. */
  failures: number;
}

/**
 * Merges the raw windows of all processes of a service into steps of 10 s, those into minutes, those into
 * hours, and writes the current values down.
 *
 * Any process may do it at any time; the lease only keeps it from being done many times over. Each step is
 * a pure function of absolute values, a field is never replaced by one made of less, and how far all have
 * come moves from what it was believed to be or not at all. So whoever loses the lease half-way, or does
 * not know that it has lost it, neither doubles nor loses anything.
 */
export class Rollups {
  readonly tally: RollupTally = {
    steps: 0,
    rewound: 0,
    kept: 0,
    refused: 0,
    unreadable: 0,
    failures: 0,
  };
  readonly #plans: readonly RollupPlan[];
  readonly #catalogue: Catalogue;
  readonly #store: RollupStore;
  readonly #current: CurrentValues;
  readonly #stateStore: RollupStateStore;
  #notBefore = Number.NEGATIVE_INFINITY;
  #isBusy = false;
  #isHolder = false;

  constructor(private readonly deps: RollupsDeps) {
    const { connection, keys, service, retention } = deps;
    const { tally } = this;
    this.#plans = plansOf(retention);
    const catalogue = new Catalogue(connection, keys, service, retention);
    this.#catalogue = catalogue;
    this.#store = new RollupStore(connection, keys, service, catalogue, tally);
    this.#current = new CurrentValues(connection, keys, service, catalogue.layouts, tally);
    this.#stateStore = new RollupStateStore(connection, keys, service, longestKept(retention));
  }

  /**
   * Does what is due, for about a quarter of a second, if it is this process's turn. Never rejects.
   *
   * @param signal - ends it after the step it is at
   */
  async step(signal: AbortSignal): Promise<void> {
    const { clock, diag } = this.deps;
    const now = clock.now();
    if (this.#isBusy || now < this.#notBefore || signal.aborted) return;
    this.#isBusy = true;
    this.#notBefore = now + OTHERS_PACE_MS;
    try {
      const isDone = await this.#work(() => signal.aborted || clock.now() >= now + BUDGET_MS);
      if (isDone !== undefined) this.#notBefore = isDone ? now + HOLDERS_PACE_MS : now;
    } catch (error) {
      this.tally.failures++;
      diag.warn("redis:rollups", `roll-ups in Redis: ${describeError(error)}`);
    } finally {
      this.#isBusy = false;
    }
  }

  /** Leaves what is to come to the others, at once. Never rejects. */
  async release(): Promise<void> {
    this.#notBefore = Number.POSITIVE_INFINITY;
    if (this.#isHolder) await this.deps.lease.release();
  }

  /** @returns whether nothing is left to do; undefined when it is another process's turn */
  async #work(isOver: () => boolean): Promise<boolean | undefined> {
    const { clock, connection, keys, service, lease, retention } = this.deps;
    this.#isHolder = (await lease.hold()) !== 0;
    if (!this.#isHolder) return undefined;
    const wall = clock.wall();
    await this.#catalogue.sync(wall);
    let state = await this.#stateStore.read();
    await this.#stateStore.describe(retention, state);
    const registry = keys.processes(service);
    const processes = await readProcesses(connection, registry, this.tally);
    const rewinds = rewindsOf(state, processes, retention, wall);
    if (rewinds.length > 0) {
      await this.#stateStore.rewind(rewinds);
      this.tally.rewound += rewinds.length;
      state = await this.#stateStore.read();
    }
    const options = {
      source: { connection, keys, service, catalogue: this.#catalogue },
      store: this.#store,
      current: this.#current,
      stateStore: this.#stateStore,
      state,
      processes,
      clock,
      slices: new Slices(clock),
      rawMs: retention.rawMs,
      tally: this.tally,
      isOver,
    };
    for (const plan of this.#plans) {
      if (!(await new RollupPass(plan, options).run())) return false;
    }
    const { source, stateStore, slices, rawMs, tally } = options;
    const ttlMs = longestKept(retention);
    const gone = {
      source,
      stateStore,
      state,
      processes,
      wallMs: wall,
      rawMs,
      ttlMs,
      slices,
      tally,
    };
    await new GoneKeeper(gone).keep();
    return true;
  }
}
