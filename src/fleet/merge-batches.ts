import { attributesKey, joinAttributes } from "../attributes/attributes.js";
import { Pool } from "../histogram/pool.js";
import type { HistogramPoint, MetricBatch, MetricData, NumberPoint } from "../snapshot/batch.js";
import type { MetricStream } from "../snapshot/cumulative.js";
import type { AttributesData, Exemplar } from "../snapshot/model.js";
import { type Scope, scopeOf } from "../snapshot/scope.js";
import type { FleetProcess } from "./model.js";
import { Speakers } from "./speakers.js";

/** Most exemplars of one merged series; the newest stay. */
const MAX_EXEMPLARS = 16;

/** Everything that one process has counted since its start. */
export interface FleetBatch {
  readonly process: FleetProcess;
  readonly batch: MetricBatch;
}

type Kind = MetricData["kind"];
type Point = HistogramPoint | NumberPoint;

interface Merged {
  readonly metric: MetricStream["metric"];
  /** What is one series, by the key of its attributes. */
  readonly series: Map<string, { readonly attributes: AttributesData; readonly points: Point[] }>;
}

/**
 * What many processes have counted since their starts, as one: histograms pooled and counters added by
 * name and attributes, and so is what is in flight; gauges stay apart, with `process.pid` and `thread.id`
 * beside their attributes. Of who has ended only histograms and counters are left.
 *
 * A generator: sorting takes about 1 µs a series and process. The points are merged as they are read.
 */
export function* mergedStreams(
  parts: readonly FleetBatch[],
): Generator<void, readonly MetricStream[]> {
  const speakers = new Speakers(parts.map(({ process }) => process));
  const hosts = new Set(parts.map(({ process }) => process.host));
  const metrics = new Map<string, Merged>();
  for (const { process, batch } of parts) {
    for (const { points, ...metric } of batch.metrics) {
      const { name, kind, unit } = metric;
      const scope = scopeOf(name);
      if (!process.live && kind !== "histogram" && kind !== "counter") continue;
      if (!speakers.speaks(process, scope)) continue;
      const { series } = get(metrics, [kind, unit, name].join(" "), () => {
        return { metric, series: new Map() };
      });
      const extra = kind === "gauge" ? identity(process, scope, hosts.size > 1) : undefined;
      for (const point of points) {
        const attributes = joinAttributes(point.attributes, extra);
        get(series, attributesKey(attributes), () => ({ attributes, points: [] })).points.push(
          point,
        );
        yield;
      }
    }
  }
  const pool = new Pool();
  return Array.from(metrics.values(), ({ metric, series }) => {
    const points = { [Symbol.iterator]: () => pointsOf(metric.kind, series.values(), pool) };
    return { metric, points };
  });
}

function* pointsOf(
  kind: Kind,
  series: Iterable<{ attributes: AttributesData; points: Point[] }>,
  pool: Pool,
): Generator<Point> {
  for (const { attributes, points } of series) {
    if (kind === "histogram") yield histogram(attributes, points as HistogramPoint[], pool);
    else yield number(attributes, points as NumberPoint[], kind);
  }
}

function histogram(
  attributes: AttributesData,
  points: readonly HistogramPoint[],
  pool: Pool,
): HistogramPoint {
  const [{ signals }] = points as readonly [HistogramPoint];
  const exemplars = points.flatMap((point): readonly Exemplar[] => point.exemplars ?? []);
  exemplars.sort((a, b) => a.timeMs - b.timeMs);
  return {
    attributes,
    histogram: pool.sum(points.map((point) => point.histogram)),
    ...(signals && { signals }),
    ...(exemplars.length > 0 && { exemplars: exemplars.slice(-MAX_EXEMPLARS) }),
  };
}

/** Of a gauge there is one teller; should there be two of one identity, the last. */
function number(
  attributes: AttributesData,
  points: readonly NumberPoint[],
  kind: Kind,
): NumberPoint {
  const { signals, saturation, value } = points.at(-1) as NumberPoint;
  const isSum = kind !== "gauge";
  return {
    attributes,
    value: isSum ? points.reduce((sum, point) => sum + point.value, 0) : value,
    ...(signals && { signals }),
    ...(saturation !== undefined && { saturation }),
  };
}

function identity(
  { host, pid, threadId }: FleetProcess,
  scope: Scope,
  isMany: boolean,
): AttributesData {
  return {
    ...(isMany && { "host.name": host }),
    ...(scope !== "host" && { "process.pid": pid }),
    ...(scope === "thread" && threadId !== undefined && { "thread.id": threadId }),
  };
}

function get<K, V>(map: Map<K, V>, key: K, make: () => V): V {
  let value = map.get(key);
  if (value === undefined) {
    value = make();
    map.set(key, value);
  }
  return value;
}
