import { attributesKey } from "../attributes/attributes.js";
import { ClosedHistogram } from "../histogram/closed-histogram.js";
import { Layout } from "../histogram/layout.js";
import { Pool } from "../histogram/pool.js";
import type {
  AttributesData,
  HistogramMetric,
  HistogramPoint,
  MetricBatch,
  NumberMetric,
  PointSignals,
} from "../snapshot/batch.js";
import { Latency } from "../snapshot/latency.js";
import type { OperationSnapshot, SelfSnapshot } from "../snapshot/model.js";
import { SELF_METRICS } from "../snapshot/self-metrics.js";
import { histogramSnapshot } from "./figures.js";
import type { FleetPart } from "./model.js";

/** Durations of operations are in seconds on the wire and in milliseconds in snapshots. */
const MS_PER_S = 1000;

const SELF: ReadonlySet<string> = new Set(SELF_METRICS);

/** The name of the operation that takes what the series limit turned away. */
const OVERFLOW = "otel.metric.overflow";

/** Everything that belongs to one operation. */
interface Signals {
  readonly of: PointSignals;
  readonly points: HistogramPoint[];
  inFlight: number;
}

/**
 * A batch of absolute values as the snapshot that its process would have given: of its whole life where
 * the batch is cumulative. Gauges have one sample.
 */
export function snapshotOf(
  batch: MetricBatch,
  service: string,
  window = "total",
): FleetPart["snapshot"] {
  const { from: start, to: end, metrics } = batch;
  const seconds = Math.max(1e-3, (end - start) / 1000);
  const shown = metrics.filter(({ name }) => !SELF.has(name));
  const numbers = (kind: NumberMetric["kind"]) =>
    shown.filter((each): each is NumberMetric => each.kind === kind);
  const histograms = shown.filter((each): each is HistogramMetric => each.kind === "histogram");
  const durations = histograms.filter(isOfOperations);
  const pool = new Pool();
  const operations = Object.freeze(
    signalsOf(durations, numbers("updown")).map((each) => operation(each, pool, seconds)),
  );
  const levels = [...numbers("gauge"), ...numbers("updown")];
  return Object.freeze({
    service,
    window,
    start,
    end,
    operations,
    saturation: Object.freeze(
      points(levels).flatMap(({ name, unit, point: { attributes, value, saturation } }) => {
        if (saturation === undefined) return [];
        const full = Number.isNaN(saturation) ? {} : { saturation };
        return [Object.freeze({ name, attributes, unit, value, mean: value, max: value, ...full })];
      }),
    ),
    counters: Object.freeze(
      points(numbers("counter")).map(({ name, unit, point: { attributes, value: count } }) =>
        Object.freeze({ name, attributes, unit, count, perSecond: count / seconds }),
      ),
    ),
    gauges: Object.freeze(
      points(levels).flatMap(
        ({ name, unit, point: { attributes, value, saturation, signals } }) => {
          if (saturation !== undefined || signals !== undefined) return [];
          const figures = { value, mean: value, min: value, max: value };
          return [Object.freeze({ name, attributes, unit, ...figures })];
        },
      ),
    ),
    histograms: Object.freeze(
      points(histograms.filter((each) => !isOfOperations(each))).map(
        ({ name, unit, point: { attributes, histogram } }) => {
          const perSecond = histogram.count / seconds;
          return histogramSnapshot({ name, attributes, unit, perSecond }, new Latency(histogram));
        },
      ),
    ),
    self: selfOf(metrics),
  });
}

/** One of an operation tells of which; only the series that takes the rest beyond the limit does not. */
function isOfOperations({ points }: HistogramMetric): boolean {
  return points.some(({ signals }) => signals !== undefined);
}

function points<M extends HistogramMetric | NumberMetric>(
  metrics: readonly M[],
): { name: string; unit: string; point: M["points"][number] }[] {
  return metrics.flatMap(({ name, unit, points: all }) =>
    all.map((point) => ({ name, unit, point })),
  );
}

function signalsOf(
  durations: readonly HistogramMetric[],
  levels: readonly NumberMetric[],
): readonly Signals[] {
  const found = new Map<string, Signals>();
  const get = (of: PointSignals): Signals => {
    const names = [of.instrument, of.name].map((name) => `${name.length}:${name}`).join("");
    const key = names + attributesKey(of.attributes);
    const known = found.get(key) ?? { of, points: [], inFlight: 0 };
    found.set(key, known);
    return known;
  };
  for (const { name: instrument, points: all } of durations) {
    for (const point of all) {
      const { attributes } = point;
      get(point.signals ?? { instrument, name: OVERFLOW, attributes }).points.push(point);
    }
  }
  for (const { point } of points(levels)) {
    if (point.signals !== undefined) get(point.signals).inFlight += point.value;
  }
  return [...found.values()];
}

function operation({ of, points: all, inFlight }: Signals, pool: Pool, seconds: number) {
  const byType = new Map<string, number>();
  const latencyOf = (outcome: "ok" | "error" | "aborted"): Latency => {
    const those = all.filter(({ signals }) => (signals?.outcome ?? "ok") === outcome);
    for (const { signals, histogram } of those) {
      if (outcome !== "error" || histogram.count === 0) continue;
      const type = signals?.type ?? "";
      byType.set(type, (byType.get(type) ?? 0) + histogram.count);
    }
    const sum = pool.sum([EMPTY, ...those.map(({ histogram }) => inMs(histogram))]);
    return new Latency(sum);
  };
  const latency = latencyOf("ok");
  const failed = latencyOf("error");
  const aborted = latencyOf("aborted").count;
  const count = latency.count + failed.count + aborted;
  const exemplars = all.flatMap(({ signals, exemplars: traced = [] }) => {
    const outcome = signals?.outcome ?? "ok";
    return traced.map((each) => Object.freeze({ ...each, value: each.value * MS_PER_S, outcome }));
  });
  return Object.freeze({
    name: of.name,
    attributes: of.attributes,
    instrument: of.instrument,
    latency,
    traffic: Object.freeze({ count, perSecond: count / seconds }),
    errors: Object.freeze({
      count: failed.count,
      ratio: count === 0 ? 0 : failed.count / count,
      byType: Object.freeze(Object.fromEntries(byType)),
      latency: failed,
    }),
    aborted: Object.freeze({ count: aborted }),
    inFlight,
    exemplars: Object.freeze(exemplars),
  } satisfies OperationSnapshot);
}

/** The same values, in another unit. */
function inMs({ layout, scale, count, bytes, start, end }: ClosedHistogram): ClosedHistogram {
  return new ClosedHistogram(layout, scale / MS_PER_S, count, bytes, start, end);
}

/** What there is none of. */
const EMPTY = new ClosedHistogram(new Layout(), MS_PER_S, 0, new Uint8Array(0));

const NONE: AttributesData = Object.freeze({});

/** What a batch says of its library; what it does not say is 0. */
function selfOf(metrics: MetricBatch["metrics"]): SelfSnapshot {
  const numbers = new Map<string, number>();
  for (const metric of metrics) {
    if (metric.kind === "histogram" || !SELF.has(metric.name)) continue;
    for (const { attributes, value } of metric.points) {
      numbers.set(metric.name + attributesKey(attributes), value);
    }
  }
  const of = (name: string, attributes = NONE): number => {
    return numbers.get(name + attributesKey(attributes)) ?? 0;
  };
  const dropped = (reason: string) => of("auspex.dropped", { "auspex.drop.reason": reason });
  const cut = (how: string) => of("auspex.attributes.cut", { "auspex.cut": how });
  const ratio = of("auspex.overhead");
  return Object.freeze({
    records: of("auspex.records"),
    dropped: Object.freeze({
      notANumber: dropped("not_a_number"),
      negative: dropped("negative"),
      infinite: dropped("infinite"),
    }),
    clamped: of("auspex.clamped"),
    overflowed: of("auspex.overflowed"),
    misuse: of("auspex.misuse"),
    attributes: Object.freeze({ truncated: cut("truncated"), dropped: cut("dropped") }),
    callbackErrors: of("auspex.callback.errors"),
    clockSteps: of("auspex.clock.steps"),
    exports: Object.freeze({}),
    series: of("auspex.series"),
    expired: Object.freeze({ series: 0, values: 0 }),
    windows: Object.freeze({
      bytes: of("auspex.windows.usage"),
      budgetBytes: 0,
      coarsened: 0,
      dropped: 0,
    }),
    overhead: Object.freeze({
      ofCore: 0,
      ratio,
      timer: 0,
      recording: 0,
      budget: Number.POSITIVE_INFINITY,
      overBudget: false,
      intervalMs: of("auspex.interval") * MS_PER_S,
    }),
  });
}
