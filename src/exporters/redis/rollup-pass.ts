import type { Clock } from "../../time/clock.js";
import type { Slices } from "../../time/slices.js";
import type { ProcessRecord } from "./process-record.js";
import type { CurrentValues } from "./rollup-current.js";
import { isPending, isSilent } from "./rollup-processes.js";
import { type RawSource, sumOfRaw } from "./rollup-raw.js";
import {
  owedField,
  type RollupState,
  type RollupStateStore,
  reachedField,
} from "./rollup-state.js";
import { floorTo, type RollupPlan } from "./rollup-steps.js";
import type { RollupStore, StoreTally } from "./rollup-store.js";

/** After the end of a step, until what was sent at its end has arrived. */
const SETTLE_MS = 2000;

export interface PassOptions {
  readonly source: RawSource;
  readonly store: RollupStore;
  readonly current: CurrentValues;
  readonly stateStore: RollupStateStore;
  /** As read at the beginning of the pass. */
  readonly state: RollupState;
  readonly processes: readonly ProcessRecord[];
  readonly clock: Clock;
  readonly slices: Slices;
  readonly rawMs: number;
  readonly tally: StoreTally & { steps: number };
  /** Whether no further step is to be begun. */
  readonly isOver: () => boolean;
}

/** Moves all tiers of one plan on, as far as they can be. */
export class RollupPass {
  /** By tier: all before is rolled up. */
  readonly #reached: number[] = [];
  /** The step that the finest tier goes on from. */
  #began = 0;

  constructor(
    private readonly plan: RollupPlan,
    private readonly options: PassOptions,
  ) {}

  /** @returns false when something is left to do. @throws when Redis fails */
  async run(): Promise<boolean> {
    const { stepsMs } = this.plan;
    const { state, stateStore, isOver } = this.options;
    for (const [tier, stepMs] of stepsMs.entries()) {
      const field = reachedField(stepsMs, stepMs);
      const believed = state.reached(stepsMs, stepMs);
      let from = state.fields.get(field) ?? "";
      let at = tier === 0 ? this.#oldestRaw(believed) : this.#oldestFiner(tier, believed);
      if (tier === 0) this.#began = at;
      this.#reached[tier] = at;
      while (this.#isDue(tier, at)) {
        if (isOver()) return false;
        await (tier === 0 ? this.#fromRaw(at) : this.#fromFiner(tier, at));
        // Another holder has moved it or taken it back: the next pass sees where things stand.
        if (!(await stateStore.advance(field, from, at + stepMs))) return false;
        at += stepMs;
        from = String(at);
        this.#reached[tier] = at;
      }
    }
    return true;
  }

  /** Raw windows that begin before this may be gone. */
  #oldestRaw(believed: number | undefined): number {
    const [stepMs] = this.plan.stepsMs;
    const wall = this.options.clock.wall();
    const oldest = floorTo(wall - this.options.rawMs, stepMs) + stepMs;
    const born = Math.min(wall, ...this.options.processes.map(({ startMs }) => startMs));
    return Math.max(oldest, believed ?? floorTo(born, stepMs));
  }

  #oldestFiner(tier: number, believed: number | undefined): number {
    const stepMs = this.plan.stepsMs[tier];
    const finerMs = this.plan.stepsMs[tier - 1];
    const oldest = this.options.clock.wall() - this.plan.longestMs(finerMs);
    return floorTo(Math.max(oldest, believed ?? this.#oldestOf(tier - 1)), stepMs);
  }

  /** Where a tier that no roll-up was made for yet begins: with the one that it is made of. */
  #oldestOf(tier: number): number {
    const isNew =
      this.options.state.reached(this.plan.stepsMs, this.plan.stepsMs[tier]) === undefined;
    return isNew ? this.#began : Number.NEGATIVE_INFINITY;
  }

  #isDue(tier: number, at: number): boolean {
    const end = at + this.plan.stepsMs[tier];
    if (tier > 0) return end <= this.#reached[tier - 1];
    const wall = this.options.clock.wall();
    return (
      wall >= end + SETTLE_MS &&
      this.options.processes.every(
        (process) => !isPending(process, at, end) || isSilent(process, wall),
      )
    );
  }

  async #fromRaw(at: number): Promise<void> {
    const { plan } = this;
    const { source, store, stateStore, state, processes, clock, slices, tally } = this.options;
    const [stepMs] = plan.stepsMs;
    const end = at + stepMs;
    const sums = await sumOfRaw(source, processes, at, end, plan.isOf, slices, tally);
    await store.write(plan, stepMs, at, sums, slices);
    tally.steps++;
    const owing = processes.filter((process) => {
      return isPending(process, at, end) && !state.fields.has(owedField(process.id));
    });
    await stateStore.owe(
      owing.map(({ id }) => id),
      at,
    );
    const isNewest = clock.wall() < end + stepMs + SETTLE_MS;
    if (isNewest) await this.options.current.write(sums, at, stepMs);
  }

  async #fromFiner(tier: number, at: number): Promise<void> {
    const { plan } = this;
    const { store, slices, tally } = this.options;
    const stepMs = plan.stepsMs[tier];
    const sums = await store.sumOf(plan, plan.stepsMs[tier - 1], stepMs, at, slices);
    await store.write(plan, stepMs, at, sums, slices);
    tally.steps++;
  }
}
