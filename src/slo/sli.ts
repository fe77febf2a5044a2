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

/** What spent budget, by operation and reason. */
export type Causes = ReadonlyMap<string, number>;

/** Absolute counts of bad events by series, and what they were: series go and come one by one. */
export type CausesRead = ReadonlyMap<string, { readonly what: string; readonly count: number }>;

export interface Reading {
  /** Absolute counts, by what may begin anew alone. */
  readonly parts: ReadonlyMap<string, Events>;
  /** Good events in the parts that came too late all the same; it never begins anew. */
  readonly late?: number;
  /** A part that was not there for a while goes on from where it was. */
  readonly resumes?: boolean;
  readonly causes: CausesRead;
}

/** Reads absolute counts. A source may begin anew, at a restart say; the SLO sees to that. */
export interface Sli {
  /** Called once, before the first reading. */
  start(context: WatchContext): void;
  read(snapshot: Snapshot): Reading;
}

const NO_CAUSES: CausesRead = new Map();
/** Of what is one part. */
const WHOLE = "";

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

  /** Successes and each type of failure are series of their own. */
  read({ operations }: Snapshot): Reading {
    const parts = new Map<string, Events>();
    const causes = new Map<string, { what: string; count: number }>();
    for (const operation of operations) {
      if (!selects(this.selector, operation)) continue;
      const { latency, errors, name } = operation;
      const key = keyOf(operation);
      add(parts, key, { good: latency.count, total: latency.count });
      for (const [type, count] of Object.entries(errors.byType)) {
        add(parts, `${key}\n${type}`, { good: 0, total: count });
        blame(causes, `${key}\n${type}`, `${name}: ${type}`, count);
      }
    }
    return { parts, causes };
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
    const parts = new Map<string, Events>();
    const causes = new Map<string, { what: string; count: number }>();
    for (const operation of operations) {
      if (!selects(this.selector, operation)) continue;
      const { count, histogram } = operation.latency;
      const key = keyOf(operation);
      add(parts, key, { good: count, total: count });
      // Which operation it was, the histogram tells, within its precision.
      const slow = count - histogram.countAtOrBelow(this.limitMs);
      blame(causes, key, `${operation.name}: slow`, slow);
    }
    return { parts, late: this.#limit.over, causes };
  }
}

class Ratio implements Sli {
  constructor(
    private readonly good: CounterSelector,
    private readonly total: CounterSelector,
  ) {}

  start(): void {}

  read({ counters }: Snapshot): Reading {
    const parts = new Map<string, Events>();
    for (const each of counters) {
      const good = counts(this.good, each) ? each.count : 0;
      const total = counts(this.total, each) ? each.count : 0;
      if (good > 0 || total > 0) add(parts, keyOf(each), { good, total });
    }
    return { parts, resumes: true, causes: NO_CAUSES };
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
    const events = { good: this.#good, total: this.#total };
    return { parts: new Map([[WHOLE, events]]), causes: NO_CAUSES };
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
    const events = { good: Math.min(good, total), total };
    return { parts: new Map([[WHOLE, events]]), causes: NO_CAUSES };
  }
}

function counts(
  { counter, attributes }: CounterSelector,
  series: Pick<Snapshot["counters"][number], "name" | "attributes">,
): boolean {
  return series.name === counter && hasAll(series.attributes, attributes);
}

/** Which series, the same at each reading. */
function keyOf({
  name,
  attributes,
  instrument = "",
}: Pick<OperationSnapshot, "name" | "attributes"> & { readonly instrument?: string }): string {
  return `${instrument}\n${name}\n${JSON.stringify(attributes)}`;
}

function add(parts: Map<string, Events>, key: string, events: Events): void {
  parts.set(key, plus(parts.get(key) ?? NO_EVENTS, events));
}

function blame(
  causes: Map<string, { what: string; count: number }>,
  key: string,
  what: string,
  more: number,
): void {
  const count = (causes.get(key)?.count ?? 0) + more;
  if (count > 0) causes.set(key, { what, count });
}
