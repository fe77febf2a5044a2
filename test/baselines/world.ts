import type { BaselinesWatcher } from "../../src/baselines/index.js";
import { Diag } from "../../src/diag/diag.js";
import type { AuspexEvent, Insight } from "../../src/snapshot/events.js";
import type { OperationSnapshot, SaturationSnapshot, Snapshot } from "../../src/snapshot/model.js";
import { type MemoryStore, memoryStore } from "../../src/state/memory-store.js";
import type { StateStore } from "../../src/state/services.js";
import { ManualClock } from "../helpers/manual-clock.js";
import { MINUTE_MS } from "./series.js";

/** What a service does in one minute. */
export interface Minute {
  readonly operations?: Readonly<
    Record<string, { p95?: number; perSecond: number; errors?: number; instrument?: string }>
  >;
  readonly saturation?: Readonly<Record<string, number | { value: number; unit: string }>>;
}

/** What long tests step by: quicker, and coarse enough for weeks. */
export const FIVE_MINUTES_MS = 5 * MINUTE_MS;

/** A service that lives through weeks in a moment, as a watcher sees it. */
export class World {
  readonly clock = new ManualClock();
  readonly told: Insight[] = [];
  readonly warned: string[] = [];
  #minute: Minute = {};

  constructor(
    readonly store: StateStore | MemoryStore | undefined = memoryStore(),
    startMs = Date.UTC(2026, 5, 1),
  ) {
    this.clock.epoch = startMs - this.clock.now();
  }

  async start(watcher: BaselinesWatcher): Promise<void> {
    const context = {
      service: "test",
      clock: this.clock,
      diag: new Diag({ warn: (text) => void this.warned.push(text), debug: () => {} }),
      store: this.store,
      services: undefined,
      snapshot: () => this.#snapshot(),
      emit: (event: AuspexEvent) => void this.told.push(event as Insight),
    };
    await watcher.start(context as unknown as Parameters<BaselinesWatcher["start"]>[0]);
  }

  /** So many steps of the watcher. */
  live(
    watcher: BaselinesWatcher,
    steps: number,
    at: (timeMs: number) => Minute,
    stepMs = MINUTE_MS,
  ): void {
    for (let step = 0; step < steps; step++) {
      this.clock.block(stepMs);
      this.#minute = at(this.clock.wall());
      const pieces = watcher.step() as Iterator<void>;
      while (!pieces.next().done);
    }
  }

  #snapshot(): Snapshot {
    const end = this.clock.wall();
    const { operations = {}, saturation = {} } = this.#minute;
    return {
      service: "test",
      window: "1m",
      start: end - MINUTE_MS,
      end,
      operations: Object.entries(operations).map(
        ([name, { p95 = 0, perSecond, errors = 0, instrument }]) => {
          const count = Math.round(60 * perSecond);
          return {
            name,
            attributes: attributesOf(name),
            instrument: instrument ?? "http.server.request.duration",
            latency: { count: p95 === 0 ? 0 : count, p95 },
            traffic: { count, perSecond },
            errors: { count: errors * count, ratio: errors },
          } as OperationSnapshot;
        },
      ),
      saturation: Object.entries(saturation).map(([name, given]) => {
        const isLimited = typeof given === "number";
        const { value, unit } = isLimited ? { value: given, unit: "1" } : given;
        const figures = { value, mean: value, max: value, ...(isLimited && { saturation: value }) };
        return { name, attributes: attributesOf(name), unit, ...figures } as SaturationSnapshot;
      }),
    } as unknown as Snapshot;
  }
}

const known = new Map<string, Readonly<Record<string, string>>>();

/** `name` and, behind a `#`, the value of an attribute; the same object each time, as snapshots have it. */
function attributesOf(name: string): Readonly<Record<string, string>> {
  const attributes = known.get(name) ?? { part: name.split("#")[1] ?? "" };
  known.set(name, attributes);
  return attributes;
}
