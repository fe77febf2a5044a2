import type { KnownSeries } from "../../exporters/redis/rollup-series.js";
import type { RollupValue } from "../../exporters/redis/rollup-value.js";
import type {
  Exemplar,
  HistogramPoint,
  MetricBatch,
  MetricData,
  NumberPoint,
} from "../../snapshot/batch.js";

/** One series and its value. */
export interface Valued {
  readonly series: KnownSeries;
  readonly value: RollupValue;
  readonly exemplars?: readonly Exemplar[];
}

/** Values as a batch: what many processes did together, or one did. Of gauges the last value. */
export function batchOf(
  service: string,
  id: string,
  from: number,
  to: number,
  values: Iterable<Valued>,
): MetricBatch {
  const metrics = new Map<string, { info: Omit<MetricData, "points">; points: Point[] }>();
  for (const valued of values) {
    const { name, unit, description, kind } = valued.series.descriptor;
    const key = `${kind} ${unit} ${name}`;
    const known = metrics.get(key) ?? { info: { name, unit, description, kind }, points: [] };
    known.points.push(pointOf(valued));
    metrics.set(key, known);
  }
  return {
    resource: { attributes: { "service.name": service } },
    incarnation: { id, startTimeMs: from },
    temporality: "cumulative",
    from,
    to,
    metrics: Array.from(
      metrics.values(),
      ({ info, points }) => ({ ...info, points }) as MetricData,
    ),
  };
}

type Point = HistogramPoint | NumberPoint;

function pointOf({ series: { descriptor }, value, exemplars }: Valued): Point {
  const { attributes, signals } = descriptor;
  const base = { attributes, ...(signals && { signals: signals as never }) };
  if ("histogram" in value) {
    return { ...base, histogram: value.histogram, ...(exemplars && { exemplars }) };
  }
  if ("sum" in value) return { ...base, value: value.sum };
  const { last, saturation } = value.gauge;
  return { ...base, value: last, ...(saturation !== undefined && { saturation }) };
}
