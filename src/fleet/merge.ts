import { attributesKey } from "../attributes/attributes.js";
import { dependenciesOf } from "../snapshot/dependencies.js";
import { Latency } from "../snapshot/latency.js";
import type {
  AttributesData,
  HistogramView,
  OperationExemplar,
  OperationSnapshot,
} from "../snapshot/model.js";
import { closed, histogramSnapshot } from "./figures.js";
import { mergedGauges, mergedSaturation } from "./merge-gauges.js";
import { mergedSelf } from "./merge-self.js";
import type {
  FleetCounterSnapshot,
  FleetHistogramSnapshot,
  FleetMissing,
  FleetOperationSnapshot,
  FleetPart,
  FleetProcess,
  FleetSnapshot,
} from "./model.js";
import { Pool } from "./pool.js";
import { Speakers, scopeOf } from "./scope.js";

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

/** What stands in one place in several parts. */
export interface Told<T> {
  readonly process: FleetProcess;
  readonly what: T;
}

/** Everything of one service, one name, one set of attributes. */
export interface Group<T> {
  readonly service: string;
  readonly told: readonly Told<T>[];
}

/**
 * One snapshot of many processes.
 *
 * Counts are exact; percentiles are those of all values pooled. What has ended counts in the totals,
 * and neither in what is in flight nor in what is full. Pure. About 5 µs an operation and part.
 */
export function mergeSnapshots(parts: readonly FleetPart[], options?: MergeOptions): FleetSnapshot {
  const steps = mergingSnapshots(parts, options);
  let step = steps.next();
  while (!step.done) step = steps.next();
  return step.value;
}

/** `mergeSnapshots`, an operation or a histogram at a time, for whoever merges in slices. */
export function* mergingSnapshots(
  parts: readonly FleetPart[],
  { missing = [], service = "", window = "total", nowMs = 0 }: MergeOptions = {},
): Generator<void, FleetSnapshot> {
  const speakers = new Speakers(parts.map(({ process }) => process));
  const groups = <T extends { name: string; attributes: AttributesData }>(
    of: (part: FleetPart) => readonly T[],
  ): Group<T>[] => groupsOf(parts, of, speakers);
  const start = parts.length === 0 ? nowMs : Math.min(...parts.map((each) => each.snapshot.start));
  const end = parts.length === 0 ? nowMs : Math.max(...parts.map((each) => each.snapshot.end));
  const seconds = Math.max(1e-3, (end - start) / 1000);
  const pool = new Pool();
  const operations: FleetOperationSnapshot[] = [];
  const ofOperations = groupsOf(
    parts,
    ({ snapshot }) => snapshot.operations,
    speakers,
    ({ instrument }) => instrument,
  );
  yield;
  for (const group of ofOperations) {
    operations.push(operation(group, pool, seconds));
    yield;
  }
  const histograms: FleetHistogramSnapshot[] = [];
  for (const group of groups(({ snapshot }) => snapshot.histograms)) {
    histograms.push(histogram(group, pool, seconds));
    yield;
  }
  const services = new Set(parts.map(({ snapshot }) => snapshot.service));
  return Object.freeze({
    service: services.size === 0 ? service : [...services].join(", "),
    window: parts[0]?.snapshot.window ?? window,
    start,
    end,
    operations: Object.freeze(operations),
    dependencies: Object.freeze(
      [...services].flatMap((each) =>
        dependenciesOf(
          each,
          operations.filter((one) => one.service === each),
        ),
      ),
    ),
    saturation: mergedSaturation(groups(({ snapshot }) => snapshot.saturation)),
    counters: Object.freeze(
      groups(({ snapshot }) => snapshot.counters).map((group) => counter(group, seconds)),
    ),
    gauges: mergedGauges(groups(({ snapshot }) => snapshot.gauges)),
    histograms: Object.freeze(histograms),
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

/** What stands under one name and one set of attributes of one service, in order of first sight. */
function groupsOf<T extends { name: string; attributes: AttributesData }>(
  parts: readonly FleetPart[],
  of: (part: FleetPart) => readonly T[],
  speakers: Speakers,
  kindOf: (what: T) => string = () => "",
): Group<T>[] {
  const groups = new Map<string, { service: string; told: Told<T>[] }>();
  for (const part of parts) {
    const { process } = part;
    const { service } = part.snapshot;
    for (const what of of(part)) {
      if (!speakers.speaks(process, scopeOf(what.name))) continue;
      const names = [service, what.name, kindOf(what)].map((name) => `${name.length}:${name}`);
      const key = names.join("") + attributesKey(what.attributes);
      const group = groups.get(key);
      if (group === undefined) groups.set(key, { service, told: [{ process, what }] });
      else group.told.push({ process, what });
    }
  }
  return [...groups.values()];
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
