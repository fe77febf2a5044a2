import type { WatchContext } from "../readers/watcher.js";
import type { OperationSnapshot, Snapshot } from "../snapshot/model.js";
import { type Events, NO_EVENTS, plus } from "./objective.js";

/** Which operations count: by name, or by whatever of these is given. */
export interface OperationSelector {
  readonly name?: string;
  /** Attributes that it must have, among others. */
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
  /** `http.server.request.duration`, say. */
  readonly instrument?: string;
}

/** A counter of the monitor; of several series with that name, all that have these attributes. */
export interface CounterSelector {
  readonly counter: string;
  readonly attributes?: Readonly<Record<string, string | number | boolean>>;
}

/** Any source of counts that only grow, a fleet's snapshots say. */
export interface SnapshotSource {
  snapshot(window: "total"): Snapshot | Promise<Snapshot>;
}

/** What is promised. */
export type SliOption =
  /** Successes that took no longer, of all successes. Counted exactly. */
  | { readonly latencyMs: number }
  /** Work that did not fail, of all that was not aborted. */
  | "availability"
  /** One counter of another. */
  | { readonly good: CounterSelector; readonly total: CounterSelector }
  /** Moments at which something was no older: `read` answers its age in ms. */
  | { readonly freshnessMs: number; readonly read: () => number }
  /** Absolute counts that only grow. */
  | { readonly custom: (snapshot: Snapshot) => Events };

/** What spent budget, by operation and reason; absolute counts. */
export type Causes = ReadonlyMap<string, number>;

export interface Reading {
  readonly events: Events;
  /** Bad events by what they were. */
  readonly causes: Causes;
}

/** Reads absolute counts. A source may begin anew, at a restart say; the SLO sees to that. */
export interface Sli {
  /** Called once, before the first reading. */
  start(context: WatchContext): void;
  read(snapshot: Snapshot): Reading;
}

const NO_CAUSES: Causes = new Map();

export function selects(
  { name, attributes, instrument }: OperationSelector,
  operation: Pick<OperationSnapshot, "name" | "attributes" | "instrument">,
): boolean {
  if (name !== undefined && name !== operation.name) return false;
  if (instrument !== undefined && instrument !== operation.instrument) return false;
  return hasAll(operation.attributes, attributes);
}

function hasAll(
  attributes: Readonly<Record<string, unknown>>,
  wanted: Readonly<Record<string, unknown>> = {},
): boolean {
  return Object.entries(wanted).every(([key, value]) => attributes[key] === value);
}

export function sliOf(option: SliOption, selector: OperationSelector): Sli {
  if (option === "availability") return new Availability(selector);
  if ("latencyMs" in option) return new Latency(option.latencyMs, selector);
  if ("freshnessMs" in option) return new Freshness(option.freshnessMs, option.read);
  if ("custom" in option) return new Custom(option.custom);
  return new Ratio(option.good, option.total);
}

class Availability implements Sli {
  constructor(private readonly selector: OperationSelector) {}

  start(): void {}

  read({ operations }: Snapshot): Reading {
    let events: Events = NO_EVENTS;
    const causes = new Map<string, number>();
    for (const operation of operations) {
      if (!selects(this.selector, operation)) continue;
      const { latency, errors, name } = operation;
      events = plus(events, { good: latency.count, total: latency.count + errors.count });
      for (const [type, count] of Object.entries(errors.byType)) {
        add(causes, `${name}: ${type}`, count);
      }
    }
    return { events, causes };
  }
}

class Latency implements Sli {
  #limit: { readonly over: number } = { over: 0 };

  constructor(
    private readonly limitMs: number,
    private readonly selector: OperationSelector,
  ) {}

  start(context: WatchContext): void {
    this.#limit = context.latencyLimit(this.limitMs, (operation) =>
      selects(this.selector, operation),
    );
  }

  read({ operations }: Snapshot): Reading {
    let total = 0;
    const causes = new Map<string, number>();
    for (const operation of operations) {
      if (!selects(this.selector, operation)) continue;
      const { count, histogram } = operation.latency;
      total += count;
      // Which operation it was, the histogram tells, within its precision.
      add(causes, `${operation.name}: slow`, count - histogram.countAtOrBelow(this.limitMs));
    }
    return { events: { good: total - this.#limit.over, total }, causes };
  }
}

class Ratio implements Sli {
  constructor(
    private readonly good: CounterSelector,
    private readonly total: CounterSelector,
  ) {}

  start(): void {}

  read(snapshot: Snapshot): Reading {
    const good = sumOf(snapshot, this.good);
    const total = sumOf(snapshot, this.total);
    return { events: { good: Math.min(good, total), total }, causes: NO_CAUSES };
  }
}

class Freshness implements Sli {
  #good = 0;
  #total = 0;

  constructor(
    private readonly limitMs: number,
    private readonly age: () => number,
  ) {}

  start(): void {}

  /** @throws what `read` throws; the SLO counts it */
  read(): Reading {
    const age: unknown = this.age();
    if (typeof age !== "number" || Number.isNaN(age)) throw new TypeError("read answered no age");
    this.#total++;
    if (age <= this.limitMs) this.#good++;
    return { events: { good: this.#good, total: this.#total }, causes: NO_CAUSES };
  }
}

class Custom implements Sli {
  constructor(private readonly count: (snapshot: Snapshot) => Events) {}

  start(): void {}

  /** @throws what the function throws; the SLO counts it */
  read(snapshot: Snapshot): Reading {
    const { good, total } = this.count(snapshot);
    if (!(good >= 0 && total >= 0 && Number.isFinite(total))) {
      throw new TypeError("custom answered no { good, total }");
    }
    return { events: { good: Math.min(good, total), total }, causes: NO_CAUSES };
  }
}

function sumOf({ counters }: Snapshot, { counter, attributes }: CounterSelector): number {
  let sum = 0;
  for (const each of counters) {
    if (each.name === counter && hasAll(each.attributes, attributes)) sum += each.count;
  }
  return sum;
}

function add(causes: Map<string, number>, what: string, count: number): void {
  if (count > 0) causes.set(what, (causes.get(what) ?? 0) + count);
}
