import { Pool } from "../histogram/pool.js";
import { dependenciesOf } from "../snapshot/dependencies.js";
import { Latency } from "../snapshot/latency.js";
import type { HistogramView, OperationExemplar, OperationSnapshot } from "../snapshot/model.js";
import { atOnce } from "./at-once.js";
import { closed, histogramSnapshot } from "./figures.js";
import { type Group, grouped, type Told } from "./groups.js";
import { mergedGauges, mergedSaturation } from "./merge-gauges.js";
import { mergedSelf } from "./merge-self.js";
import type {
  FleetCounterSnapshot,
  FleetHistogramSnapshot,
  FleetMissing,
  FleetOperationSnapshot,
  FleetPart,
  FleetSnapshot,
} from "./model.js";
import { Speakers } from "./speakers.js";

/** Most exemplars of one merged operation; the newest stay. */
const MAX_EXEMPLARS = 32;

export interface MergeOptions {
  /** Who should have been among the parts. @default [] */
  readonly missing?: readonly FleetMissing[];
  /** Names that the snapshot has where there is no part. */
  readonly service?: string;
  readonly window?: string;
  /** Epoch ms of the snapshot where there is no part. @default 0 */
  readonly nowMs?: number;
}

/**
 * One snapshot of many processes.
 *
 * Counts are exact; percentiles are those of all values pooled. What has ended counts in the totals,
 * and neither in what is in flight nor in what is full. Pure. About 5 µs an operation and part.
 */
export function mergeSnapshots(parts: readonly FleetPart[], options?: MergeOptions): FleetSnapshot {
  return atOnce(mergingSnapshots(parts, options));
}

/** `mergeSnapshots`, an operation or a histogram at a time, for whoever merges in slices. */
export function* mergingSnapshots(
  parts: readonly FleetPart[],
  { missing = [], service = "", window = "total", nowMs = 0 }: MergeOptions = {},
): Generator<void, FleetSnapshot> {
  const speakers = new Speakers(parts.map(({ process }) => process));
  const start = parts.length === 0 ? nowMs : Math.min(...parts.map((each) => each.snapshot.start));
  const end = parts.length === 0 ? nowMs : Math.max(...parts.map((each) => each.snapshot.end));
  const seconds = Math.max(1e-3, (end - start) / 1000);
  const pool = new Pool();
  const operations = yield* merged(
    yield* grouped(
      parts,
      (each) => each.operations,
      speakers,
      ({ instrument }) => instrument,
    ),
    (group) => operation(group, pool, seconds),
  );
  const histograms = yield* merged(
    yield* grouped(parts, (each) => each.histograms, speakers),
    (group) => histogram(group, pool, seconds),
  );
  const counters = yield* merged(
    yield* grouped(parts, (each) => each.counters, speakers),
    (group) => counter(group, seconds),
  );
  const saturation = mergedSaturation(yield* grouped(parts, (each) => each.saturation, speakers));
  const gauges = mergedGauges(yield* grouped(parts, (each) => each.gauges, speakers));
  const services = new Set(parts.map(({ snapshot }) => snapshot.service));
  return Object.freeze({
    service: services.size === 0 ? service : [...services].join(", "),
    window: parts[0]?.snapshot.window ?? window,
    start,
    end,
    operations,
    dependencies: Object.freeze(
      [...services].flatMap((each) =>
        dependenciesOf(
          each,
          operations.filter((one) => one.service === each),
        ),
      ),
    ),
    saturation,
    counters,
    gauges,
    histograms,
    self: mergedSelf(parts),
    processes: Object.freeze(
      parts
        .flatMap(({ process, processes = [process] }) => processes)
        .sort((a, b) => Number(b.live) - Number(a.live) || a.startTimeMs - b.startTimeMs),
    ),
    partial: missing.length > 0,
    missing: Object.freeze([...missing]),
  });
}

function* merged<T, M>(
  groups: readonly Group<T>[],
  merge: (group: Group<T>) => M,
): Generator<void, readonly M[]> {
  const all: M[] = [];
  for (const group of groups) {
    all.push(merge(group));
    yield;
  }
  return Object.freeze(all);
}

function operation(
  { service, told }: Group<OperationSnapshot>,
  pool: Pool,
  seconds: number,
): FleetOperationSnapshot {
  const all = told.map(({ what }) => what);
  const { name, attributes, instrument } = all[0] as OperationSnapshot;
  const latency = pooled(
    pool,
    all.map((each) => each.latency.histogram),
  );
  const failed = pooled(
    pool,
    all.map((each) => each.errors.latency.histogram),
  );
  const aborted = sum(all, (each) => each.aborted.count);
  const count = latency.count + failed.count + aborted;
  return Object.freeze({
    service,
    name,
    attributes,
    instrument,
    processes: new Set(told.map(({ process }) => process.id)).size,
    latency,
    traffic: Object.freeze({
      count,
      perSecond: rate(
        told,
        (each) => each.traffic.perSecond,
        (each) => each.traffic.count,
        seconds,
      ),
    }),
    errors: Object.freeze({
      count: failed.count,
      ratio: count === 0 ? 0 : failed.count / count,
      byType: byType(all),
      latency: failed,
    }),
    aborted: Object.freeze({ count: aborted }),
    inFlight: told.reduce((total, { process, what }) => {
      return process.live ? total + what.inFlight : total;
    }, 0),
    exemplars: exemplarsOf(all),
  });
}

function counter(
  { service, told }: Group<FleetPart["snapshot"]["counters"][number]>,
  seconds: number,
): FleetCounterSnapshot {
  const all = told.map(({ what }) => what);
  const { name, attributes, unit } = all[0] as (typeof all)[number];
  const count = sum(all, (each) => each.count);
  const perSecond = rate(
    told,
    (each) => each.perSecond,
    (each) => each.count,
    seconds,
  );
  return Object.freeze({ service, name, attributes, unit, count, perSecond });
}

function histogram(
  { service, told }: Group<FleetPart["snapshot"]["histograms"][number]>,
  pool: Pool,
  seconds: number,
): FleetHistogramSnapshot {
  const all = told.map(({ what }) => what);
  const { name, attributes, unit } = all[0] as (typeof all)[number];
  const figures = pooled(
    pool,
    all.map((each) => each.histogram),
  );
  const perSecond = rate(
    told,
    (each) => each.perSecond,
    (each) => each.count,
    seconds,
  );
  return histogramSnapshot({ service, name, attributes, unit, perSecond }, figures);
}

function pooled(pool: Pool, views: readonly HistogramView[]): Latency {
  return new Latency(pool.sum(views.map(closed)));
}

/** Those that live say how fast they go; what one that has ended counted is spread over the whole time. */
function rate<T>(
  told: readonly Told<T>[],
  perSecond: (what: T) => number,
  count: (what: T) => number,
  seconds: number,
): number {
  return told.reduce((total, { process, what }) => {
    return total + (process.live ? perSecond(what) : count(what) / seconds);
  }, 0);
}

/** Types come from foreign code, `__proto__` among them. */
function byType(operations: readonly OperationSnapshot[]): Readonly<Record<string, number>> {
  const counts = new Map<string, number>();
  for (const { errors } of operations) {
    for (const [type, count] of Object.entries(errors.byType)) {
      counts.set(type, (counts.get(type) ?? 0) + count);
    }
  }
  return Object.freeze(Object.fromEntries(counts));
}

function exemplarsOf(operations: readonly OperationSnapshot[]): readonly OperationExemplar[] {
  const all = operations.flatMap(({ exemplars }) => exemplars);
  return Object.freeze(all.sort((a, b) => a.timeMs - b.timeMs).slice(-MAX_EXEMPLARS));
}

function sum<T>(all: readonly T[], of: (each: T) => number): number {
  return all.reduce((total, each) => total + of(each), 0);
}
