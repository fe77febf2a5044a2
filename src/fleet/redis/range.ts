import type { KnownSeries } from "../../exporters/redis/rollup-series.js";
import type { FleetGauge } from "../../exporters/redis/rollup-value.js";
import { ClosedHistogram } from "../../histogram/closed-histogram.js";
import { Pool } from "../../histogram/pool.js";
import type {
  CounterPoint,
  DistributionPoint,
  GaugePoint,
  OperationPoint,
  RangePoint,
  RangeSeries,
} from "./model.js";
import { operationKey } from "./operation-key.js";
import type { ResolvedRange, Steps } from "./range-query.js";
import { Bin, fill, type Reading } from "./read.js";
import type { ServiceView } from "./view.js";

/** Steps that are read, and held in memory, at a time. */
const BINS = 64;
/** Durations of operations are in seconds there, and in ms here. */
const MS_PER_S = 1000;

type AnyPoint = OperationPoint | DistributionPoint | CounterPoint | GaugePoint;

/** One line of a chart: the series it is made of, and its points so far. */
interface Line {
  readonly series: KnownSeries[];
  readonly points: AnyPoint[];
}

/** Everything of one service that a query asks for, step by step. @throws when Redis fails */
export async function rangeOf(
  view: ServiceView,
  series: readonly KnownSeries[],
  { stepMs, fromMs, toMs }: Steps,
  query: ResolvedRange,
  reading: Reading,
): Promise<readonly RangeSeries[]> {
  const lines = linesOf(view.service, series);
  const points = new Points(query.percentiles);
  for (let first = fromMs; first < toMs; first += BINS * stepMs) {
    const bins: Bin[] = [];
    for (let at = first; at < Math.min(toMs, first + BINS * stepMs); at += stepMs) {
      bins.push(new Bin(at, at + stepMs));
    }
    await fill(bins, view, series, reading);
    for (const bin of bins) {
      // The last step may not be over.
      const seconds =
        (Math.min(bin.toMs, Math.max(bin.fromMs + 1000, view.nowMs)) - bin.fromMs) / MS_PER_S;
      for (const line of lines) {
        const point = points.of(line.series, bin, seconds);
        if (point !== undefined) line.points.push(Object.freeze(point));
        const pause = reading.slices.pause();
        if (pause !== undefined) await pause;
      }
    }
  }
  return lines.filter((line) => line.points.length > 0).map((line) => shown(view.service, line));
}

function linesOf(service: string, series: readonly KnownSeries[]): readonly Line[] {
  const lines = new Map<string, Line>();
  for (const each of series) {
    const { signals } = each.descriptor;
    const key = signals === undefined ? each.id : operationKey(service, signals);
    const line = lines.get(key);
    if (line === undefined) lines.set(key, { series: [each], points: [] });
    else line.series.push(each);
  }
  return [...lines.values()];
}

function shown(service: string, { series: [{ kind, descriptor }], points }: Line): RangeSeries {
  const { signals, name, attributes, unit } = descriptor;
  const all = Object.freeze(points) as readonly never[];
  if (signals !== undefined) {
    const { instrument, name: operation, attributes: own } = signals;
    const of = { service, name: operation, attributes: own, unit: "ms", instrument };
    return Object.freeze({ kind: "operation", ...of, points: all });
  }
  return Object.freeze({ kind, service, name, attributes, unit, points: all });
}

/** Makes points of what bins hold. */
class Points {
  readonly #pool = new Pool();

  constructor(private readonly percentiles: readonly number[]) {}

  of(series: readonly KnownSeries[], bin: Bin, seconds: number): AnyPoint | undefined {
    const [first] = series;
    if (first.descriptor.signals !== undefined) return this.#operation(series, bin, seconds);
    const value = bin.sums.get(first.id)?.value();
    if (value === undefined) return undefined;
    const base = { timeMs: bin.fromMs, processes: value.processes };
    if ("histogram" in value) {
      return { ...base, ...this.#distribution(value.histogram, value.histogram.count, seconds) };
    }
    if ("sum" in value) return { ...base, count: value.sum, perSecond: value.sum / seconds };
    return { ...base, ...gaugePoint(value.gauge) };
  }

  #operation(
    series: readonly KnownSeries[],
    bin: Bin,
    seconds: number,
  ): OperationPoint | undefined {
    const ended = { ok: [] as ClosedHistogram[], error: 0, aborted: 0 };
    let inFlight = 0;
    let processes = 0;
    for (const { id, descriptor } of series) {
      const value = bin.sums.get(id)?.value();
      if (value === undefined) continue;
      if ("gauge" in value) inFlight += value.gauge.last;
      if (!("histogram" in value)) continue;
      processes = Math.max(processes, value.processes);
      const outcome = descriptor.signals?.outcome ?? "ok";
      if (outcome === "ok") ended.ok.push(inMs(value.histogram));
      else ended[outcome] += value.histogram.count;
    }
    const latency = ended.ok.length === 0 ? undefined : this.#pool.sum(ended.ok);
    const { error: errors, aborted } = ended;
    const count = (latency?.count ?? 0) + errors + aborted;
    if (count === 0) return undefined;
    return {
      timeMs: bin.fromMs,
      processes,
      ...this.#distribution(latency, count, seconds),
      errors,
      errorRatio: errors / count,
      aborted,
      inFlight,
    };
  }

  #distribution(
    histogram: ClosedHistogram | undefined,
    count: number,
    seconds: number,
  ): Omit<DistributionPoint, keyof RangePoint> {
    const { mean, max } = histogram?.summary() ?? { mean: 0, max: 0 };
    const percentiles = this.percentiles.map((p) => [`p${p}`, histogram?.percentile(p) ?? 0]);
    return {
      count,
      perSecond: count / seconds,
      mean,
      max,
      percentiles: Object.freeze(Object.fromEntries(percentiles)),
    };
  }
}

function gaugePoint({
  min,
  max,
  sum,
  samples,
  last,
  saturationMax = Number.NaN,
  worst,
}: FleetGauge) {
  const full = Number.isNaN(saturationMax) ? {} : { saturation: saturationMax };
  return { mean: samples === 0 ? last : sum / samples, min, max, sum: last, ...full, worst };
}

function inMs({ layout, scale, count, bytes, start, end }: ClosedHistogram): ClosedHistogram {
  return new ClosedHistogram(layout, scale / MS_PER_S, count, bytes, start, end);
}
