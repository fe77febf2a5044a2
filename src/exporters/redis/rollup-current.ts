import type { ClosedHistogram } from "../../histogram/closed-histogram.js";
import type { Connection } from "./connection.js";
import type { Keys } from "./keys.js";
import { put } from "./own-hash.js";
import type { Layouts } from "./rollup-series.js";
import { failed } from "./rollup-state.js";
import type { StoreTally } from "./rollup-store.js";
import type { SeriesSum } from "./rollup-sum.js";
import type { FleetGauge } from "./rollup-value.js";
import type { SeriesDescriptor } from "./series.js";

type Outcome = NonNullable<NonNullable<SeriesDescriptor["signals"]>["outcome"]>;

/** Most things that have current values; of more, the busiest. */
const MAX_ENTITIES = 1000;
const AT_ONCE = 100;
/** Current values that nobody renews are no longer current. */
const LEAST_TTL_MS = 60_000;

/** One operation, counter, gauge or histogram, as a person would name it. */
interface Entity {
  readonly category: string;
  readonly name: string;
  readonly sums: SeriesSum[];
}

/**
 * The newest step in a form that people and scripts read: a hash for each operation, counter, gauge and
 * histogram, `{service}:metrics:<category>:<name>:current`, of decimal numbers.
 */
export class CurrentValues {
  constructor(
    private readonly connection: Connection,
    private readonly keys: Keys,
    private readonly service: string,
    private readonly layouts: Layouts,
    private readonly tally: StoreTally,
  ) {}

  /** @throws when Redis fails */
  async write(
    sums: ReadonlyMap<string, SeriesSum>,
    startMs: number,
    stepMs: number,
  ): Promise<void> {
    const ttlMs = Math.max(LEAST_TTL_MS, 3 * stepMs);
    const commands = busiest(entitiesOf(sums.values())).map(({ category, name, sums: own }) => {
      const key = this.keys.service(this.service, "metrics", category, name, "current");
      const fields = Object.entries({
        ...figuresOf(own, stepMs / 1000, this.layouts),
        window_ms: stepMs,
        last_updated: new Date(startMs + stepMs).toISOString(),
      });
      const texts = fields.flatMap(([field, value]) => [field, shown(value)]);
      return put(key, ttlMs, texts);
    });
    for (let at = 0; at < commands.length; at += AT_ONCE) {
      const replies = await this.connection.batch(commands.slice(at, at + AT_ONCE));
      const isForeign = (reply: unknown) =>
        reply === -1 || (reply instanceof Error && /\bWRONGTYPE\b/.test(reply.message));
      this.tally.refused += replies.filter(isForeign).length;
      failed(replies.filter((reply) => !isForeign(reply)));
    }
  }
}

function entitiesOf(sums: Iterable<SeriesSum>): Entity[] {
  const entities = new Map<string, Entity>();
  for (const sum of sums) {
    const { category, name: metric, signals } = sum.series.descriptor;
    const name = signals?.name ?? metric;
    const key = `${category.length}:${category}${name}`;
    const known = entities.get(key);
    if (known === undefined) entities.set(key, { category, name, sums: [sum] });
    else known.sums.push(sum);
  }
  return [...entities.values()];
}

function busiest(entities: Entity[]): readonly Entity[] {
  if (entities.length <= MAX_ENTITIES) return entities;
  const countOf = ({ sums }: Entity): number =>
    sums.reduce((count, sum) => {
      const value = sum.value();
      return count + (value !== undefined && "histogram" in value ? value.histogram.count : 0);
    }, 0);
  const counted = entities.map((entity) => ({ entity, count: countOf(entity) }));
  counted.sort((a, b) => b.count - a.count);
  return counted.slice(0, MAX_ENTITIES).map(({ entity }) => entity);
}

/** What an entity does, by the kinds of its series; those of one operation are put together. */
function figuresOf(
  sums: readonly SeriesSum[],
  seconds: number,
  layouts: Layouts,
): Readonly<Record<string, string | number>> {
  const ended = { ok: [], error: [], aborted: [] } as Record<Outcome, ClosedHistogram[]>;
  const others: ClosedHistogram[] = [];
  let figures: Record<string, string | number> = {};
  let processes = 0;
  for (const sum of sums) {
    const value = sum.value();
    if (value === undefined) continue;
    const { signals, unit } = sum.series.descriptor;
    processes = Math.max(processes, value.processes);
    if ("gauge" in value) {
      const inFlight = signals === undefined ? undefined : { in_flight: value.gauge.last };
      figures = { ...figures, ...(inFlight ?? gaugeFigures(value.gauge, unit)) };
    } else if ("sum" in value) {
      figures = { ...figures, unit, count: value.sum, per_second: value.sum / seconds };
    } else if (signals?.outcome === undefined) {
      figures = { ...figures, unit };
      others.push(value.histogram);
    } else ended[signals.outcome].push(value.histogram);
  }
  if (others.length > 0) {
    const { count, ...summary } = pooled(others, layouts).summary();
    figures = { ...figures, count, per_second: count / seconds, ...summary };
  }
  return { ...figures, ...operationFigures(ended, seconds, layouts), processes };
}

function operationFigures(
  { ok, error, aborted }: Readonly<Record<Outcome, readonly ClosedHistogram[]>>,
  seconds: number,
  layouts: Layouts,
): Readonly<Record<string, number>> {
  const [errors, ended] = [error, [...ok, ...error, ...aborted]].map(countOf);
  if (ended === 0) return {};
  const traffic = {
    count: ended,
    per_second: ended / seconds,
    errors,
    error_ratio: errors / ended,
    aborted: countOf(aborted),
  };
  if (ok.length === 0) return traffic;
  const { p50, p95, p99, max, mean } = pooled(ok, layouts).summary();
  // Durations of operations are in seconds.
  const ms = Object.entries({ p50, p95, p99, max, mean }).map(([name, value]) => {
    return [`${name}_ms`, value * 1000];
  });
  return { ...traffic, ...Object.fromEntries(ms) };
}

function gaugeFigures(
  { min, max, sum, samples, saturation, worst }: FleetGauge,
  unit: string,
): Readonly<Record<string, string | number>> {
  const mean = samples === 0 ? 0 : sum / samples;
  const figures = { unit, value: mean, min, max, worst_process: worst };
  if (saturation === undefined || Number.isNaN(saturation)) return figures;
  return { ...figures, saturation_percent: saturation * 100 };
}

function countOf(histograms: readonly ClosedHistogram[]): number {
  return histograms.reduce((total, { count }) => total + count, 0);
}

/** Series of one name may have different layouts; figures are of those that are like the first. */
function pooled(histograms: readonly ClosedHistogram[], layouts: Layouts): ClosedHistogram {
  const [{ layout, scale }] = histograms;
  return layouts.pool(histograms.filter((each) => each.layout === layout && each.scale === scale));
}

/** Six digits: what is beyond them is noise to a reader. */
function shown(value: string | number): string {
  return typeof value === "number" ? String(Number(value.toPrecision(6))) : value;
}
