import { readFields } from "../../diag/read-fields.js";
import type { WatchContext, Watcher } from "../../readers/watcher.js";
import type { Signal } from "../../snapshot/events.js";
import { Keeper, type KeeperTally } from "../../state/keeper.js";
import { HOUR_MS } from "../calendar.js";
import type { CapacityPlan } from "../forecast/capacity.js";
import { History } from "../history.js";
import { copyOf } from "../within.js";
import { degrading, leaking } from "./decline.js";
import { feed } from "./feed.js";
import { planned, soonFull } from "./filling.js";
import {
  type BaselinesOptions,
  type ResolvedBaselinesOptions,
  resolveBaselinesOptions,
} from "./options.js";
import {
  type BaselinesReader,
  baselineOf,
  type CapacityReading,
  capacityOf,
  type ForecastsReader,
  forecastOf,
  reachIn,
  type Which,
} from "./readings.js";
import { type Finding, insightOf } from "./telling.js";
import type { Watched } from "./watched.js";
import { WatchedSet } from "./watched-set.js";

/** Each series is looked at this often: for trends, for plans, and for what fills up right now. */
const REVIEW_MS = HOUR_MS;
const PLAN_MS = 6 * HOUR_MS;
const SOON_MS = 600_000;
const VERSION = 1;

/** What became of series and their state, since the start. */
export interface BaselinesTally extends Readonly<KeeperTally> {
  readonly series: number;
  /** Times a series was turned away for want of room. */
  readonly turnedAway: number;
}

/** Learns what is normal, and tells what is to come. */
export interface BaselinesWatcher extends Watcher {
  readonly baselines: BaselinesReader;
  readonly forecasts: ForecastsReader;
  /** Of everything that can run full, as planned within the last six hours; from two days on. */
  capacity(): readonly CapacityReading[];
  readonly tally: BaselinesTally;
}

/**
 * Learns latency (p95), traffic and error ratio of every operation and every saturation from the last minute,
 * each minute, and keeps what it has learned across restarts.
 *
 * Tells insights of the kinds `capacity`, `leak` and `degradation`. 11 KB a series when its memory is full,
 * 21 KB for a saturation; about 6 µs a series and minute, and 25 ms four times a day for each thing that can
 * run full, in slices. Give it as one of `watchers`.
 * @throws RangeError listing every fault of the options and how to mend it
 */
export function baselinesWatcher(options?: BaselinesOptions): BaselinesWatcher {
  return new LearningWatcher(resolveBaselinesOptions(options));
}

class LearningWatcher implements BaselinesWatcher {
  readonly name = "baselines";
  readonly intervalMs: number;
  readonly #watched: WatchedSet;
  readonly #load = new History();
  readonly #plans = new Map<Watched, { readonly plan: CapacityPlan; readonly timeMs: number }>();
  /** When a series was last looked at, for each of the two purposes. */
  readonly #reviewed = new WeakMap<Watched, { reviewMs: number; soonMs: number }>();
  #context: WatchContext | undefined;
  #keeper: Keeper | undefined;

  constructor(private readonly options: ResolvedBaselinesOptions) {
    this.intervalMs = options.intervalMs;
    this.#watched = new WatchedSet(options.maxSeries);
  }

  readonly baselines: BaselinesReader = {
    of: (which, signal) => {
      const watched = this.#find(which, signal);
      return watched && baselineOf(watched, () => this.#wall());
    },
    all: () => [...this.#watched].map((watched) => baselineOf(watched, () => this.#wall())),
  };

  readonly forecasts: ForecastsReader = {
    of: (which, signal, options) => forecastOf(this.#find(which, signal), options),
    reach: (which, signal, threshold, options) =>
      reachIn(this.#find(which, signal), threshold, options),
  };

  capacity(): readonly CapacityReading[] {
    return [...this.#plans].map(([watched, { plan, timeMs }]) =>
      capacityOf(watched, plan, timeMs, this.#load),
    );
  }

  get tally(): BaselinesTally {
    const kept = this.#keeper?.tally ?? { saved: 0, failed: 0, unloaded: 0, invalid: 0 };
    return { ...kept, series: this.#watched.size, turnedAway: this.#watched.turnedAway };
  }

  start(context: WatchContext): Promise<void> {
    this.#context = context;
    this.#keeper = new Keeper({
      store: context.store,
      clock: context.clock,
      diag: context.diag,
      key: "baselines",
      version: VERSION,
      intervalMs: this.options.saveIntervalMs,
      save: () => ({ series: this.#watched.save(this.#wall()), load: this.#load.save() }),
      restore: (state) => this.#restore(state),
    });
    return this.#keeper.load();
  }

  *step(): Generator<void> {
    const context = this.#context;
    if (context === undefined) return;
    const before = this.#watched.turnedAway;
    yield* feed(context.snapshot("1m"), this.#watched, this.#load);
    if (before === 0 && this.#watched.turnedAway > 0) {
      const { maxSeries } = this.options;
      context.diag.warn(
        "baselines:full",
        `baselines know ${maxSeries} series; others are left out`,
      );
    }
    yield* this.#review(context);
    this.#keeper?.tick();
  }

  async stop(timeoutMs: number): Promise<void> {
    await this.#keeper?.stop(timeoutMs);
  }

  /** A share of the series each step, so that each has its turn in time and no step has much to do. */
  *#review(context: WatchContext): Generator<void> {
    const nowMs = this.#wall();
    const share = Math.ceil((this.#watched.size * this.intervalMs) / REVIEW_MS);
    let reviews = 0;
    for (const watched of this.#watched) {
      const last = this.#reviewed.get(watched) ?? { reviewMs: 0, soonMs: 0 };
      this.#reviewed.set(watched, last);
      if (this.options.insights && watched.subject.limited && isDue(last.soonMs, SOON_MS, nowMs)) {
        last.soonMs = nowMs;
        this.#tell(context, watched, nowMs, yield* soonFull(watched, this.options.full, nowMs));
        yield;
      }
      if (reviews >= share || !isDue(last.reviewMs, REVIEW_MS, nowMs)) continue;
      last.reviewMs = nowMs;
      reviews++;
      yield* this.#reviewOne(context, watched, nowMs);
      yield;
    }
    for (const watched of this.#plans.keys()) {
      if (!this.#watched.has(watched)) this.#plans.delete(watched);
    }
  }

  *#reviewOne(context: WatchContext, watched: Watched, nowMs: number): Generator<void> {
    const { signal, limited } = watched.subject;
    if (limited && isDue(this.#plans.get(watched)?.timeMs ?? 0, PLAN_MS, nowMs)) {
      const found = yield* planned(watched, this.options, nowMs);
      if (found !== undefined) this.#plans.set(watched, { plan: found.plan, timeMs: nowMs });
      this.#tell(context, watched, nowMs, found?.finding);
    }
    if (signal === "saturation") this.#tell(context, watched, nowMs, leaking(watched));
    if (signal === "latency" || signal === "errors") {
      this.#tell(context, watched, nowMs, degrading(watched));
    }
  }

  #tell(context: WatchContext, watched: Watched, nowMs: number, finding?: Finding): void {
    if (finding === undefined || !this.options.insights) return;
    const insight = insightOf(watched, nowMs, finding);
    if (insight === undefined) return;
    context.emit(insight);
    this.#keeper?.changed();
  }

  #restore(state: unknown): boolean {
    const { series, load } = (state ?? {}) as Record<string, unknown>;
    this.#load.restore(load);
    return this.#watched.restore(series);
  }

  #find(which: Which, signal: Signal): Watched | undefined {
    const named = typeof which === "string" ? { operation: which } : which;
    const { operation, attributes } = readFields(named, ["operation", "attributes"]);
    const wanted = Object.entries(copyOf(attributes));
    for (const watched of this.#watched) {
      const { subject } = watched;
      if (subject.signal !== signal || subject.operation !== operation) continue;
      if (wanted.every(([name, value]) => subject.attributes[name] === value)) return watched;
    }
    return undefined;
  }

  #wall(): number {
    return this.#context?.clock.wall() ?? Date.now();
  }
}

function isDue(lastMs: number, everyMs: number, nowMs: number): boolean {
  return Math.abs(nowMs - lastMs) >= everyMs;
}
