import type { CounterSeries } from "../instruments/counter.js";
import type { HistogramInstrument, OperationFamily } from "../instruments/family.js";
import type { GaugeSeries } from "../instruments/gauge.js";
import { GoldenSignals } from "../instruments/golden-signals.js";
import type { HistogramSeries } from "../instruments/histogram.js";
import { type Instrument, type Series, shownKind } from "../instruments/instrument.js";
import type { Registry } from "../instruments/registry.js";
import type { Clock } from "../time/clock.js";
import { inSlices, type Slices } from "../time/slices.js";
import type { Frame } from "../window/frame.js";
import type { Rotation } from "../window/rotation.js";
import type {
  AttributesData,
  HistogramPoint,
  Incarnation,
  MetricBatch,
  MetricData,
  NumberPoint,
  PointOutcome,
} from "./batch.js";
import { FramedHistogram } from "./framed-histogram.js";
import { allSeries, isUnused } from "./merge-series.js";
import { Merging } from "./merging.js";
import type { Resource } from "./resource.js";

/** One instrument and its points, read one by one. */
export interface MetricStream {
  readonly metric: Omit<MetricData, "points">;
  readonly points: Iterable<MetricData["points"][number]>;
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

/** Points taken between two chances for the event loop. */
const STEP = 16;

/** Exemplars are shown this long: a few scrapes or exports see each of them. */
const EXEMPLARS_MS = 300_000;

/** What exporters read: everything since the start, the open interval included. */
export class Cumulative {
  readonly #merging = new Map<string, Merging>();
  /** Made once: encoders know the bytes of attributes by their object. */
  readonly #inFlight = new WeakMap<GoldenSignals, AttributesData>();

  constructor(
    private readonly registry: Registry,
    private readonly rotation: Rotation,
    /** Instruments whose gauges say how full something is. */
    private readonly saturations: ReadonlySet<object> = new Set(),
  ) {}

  /**
   * Every instrument, one after the other and point by point, so that a reader may pause anywhere:
   * numbers that it reads later are then simply newer, histograms are those of the beginning.
   */
  *streams(): Generator<MetricStream> {
    const { registry } = this;
    const frame = this.rotation.frame();
    for (const instrument of registry.instruments.values()) {
      const { drop, keep } = instrument.view;
      if (drop) continue;
      const { name, unit, description } = instrument.descriptor;
      const metric = { name, unit, description, kind: shownKind(instrument.descriptor) };
      const points =
        metric.kind === "histogram"
          ? this.#totals(instrument as unknown as HistogramInstrument, frame)
          : this.#numbers(instrument as unknown as Instrument<CounterSeries | GaugeSeries>);
      yield { metric, points: this.#kept(metric, points, keep) };
    }
    for (const family of registry.families) {
      const { name, unit, description, drop, keep } = family.active;
      const points = this.#inFlightPoints(family);
      if (drop || points.length === 0) continue;
      const metric = { name, unit, description, kind: "updown" } as const;
      yield { metric, points: this.#kept(metric, points, keep) };
    }
  }

  /** How many values histograms have, whatever readers are shown of them; none of what has expired. */
  values(): number {
    const { counts } = this.rotation.frame();
    let values = 0;
    for (const { descriptor, view, series, overflow } of this.registry.instruments.values()) {
      if (descriptor.kind !== "histogram" || view.drop) continue;
      for (const { id } of series.values()) values += counts[id];
      if (overflow !== undefined) values += counts[overflow.id];
    }
    return values;
  }

  *#totals(instrument: HistogramInstrument, frame: Frame): Generator<HistogramPoint> {
    const since = this.registry.clock.wall() - EXEMPLARS_MS;
    // Not by `allSeries`: a generator within a generator is a tenth of what a point costs.
    for (const series of instrument.series.values()) {
      yield this.#total(instrument, series, frame, since);
    }
    const { overflow } = instrument;
    if (overflow !== undefined) yield this.#total(instrument, overflow, frame, since);
  }

  #total(
    instrument: HistogramInstrument,
    series: HistogramSeries,
    frame: Frame,
    since: number,
  ): HistogramPoint {
    const { exportScale, shared } = instrument;
    const histogram = this.#totalOf(series, exportScale, frame);
    const point: Writable<HistogramPoint> = { attributes: series.attributes, histogram };
    const startTimeMs = this.#start(series);
    if (startTimeMs !== undefined) point.startTimeMs = startTimeMs;
    const signals = outcomeOf(instrument, series);
    if (signals !== undefined) point.signals = signals;
    const exemplars = series.exemplars?.since(since, exportScale / shared.scale);
    if (exemplars !== undefined && exemplars.length > 0) point.exemplars = exemplars;
    return point;
  }

  *#numbers(instrument: Instrument<CounterSeries | GaugeSeries>): Generator<NumberPoint> {
    const isCounter = instrument.descriptor.kind === "counter";
    const isSaturation = this.saturations.has(instrument);
    for (const series of allSeries(instrument)) {
      const { attributes, value } = series;
      if (Number.isNaN(value)) continue;
      const startTimeMs = isCounter ? this.#start(series) : undefined;
      if (startTimeMs !== undefined) yield { attributes, value, startTimeMs };
      else if (!isSaturation) yield { attributes, value };
      else yield { attributes, value, saturation: (series as GaugeSeries).saturation };
    }
  }

  #inFlightPoints(family: OperationFamily): NumberPoint[] {
    const instrument = family.instrument.descriptor.name;
    const points: NumberPoint[] = [];
    for (const each of family.signals) {
      if (isUnused(each)) continue;
      let shown = this.#inFlight.get(each);
      if (shown === undefined) {
        shown = family.wire(each);
        this.#inFlight.set(each, shown);
      }
      const { name, attributes, inFlight: value } = each;
      points.push({ attributes: shown, value, signals: { instrument, name, attributes } });
    }
    return points;
  }

  /** What was there in the first second has counted since the start of the process. */
  #start({ bornAt }: Series): number | undefined {
    const { started, startedWall } = this.rotation;
    const laterMs = bornAt * 1000 - started;
    return laterMs <= 0 ? undefined : startedWall + laterMs;
  }

  #kept(
    { name, kind }: MetricStream["metric"],
    points: MetricStream["points"],
    keep: ReadonlySet<string> | undefined,
  ): MetricStream["points"] {
    if (keep === undefined) return points;
    let merging = this.#merging.get(name);
    if (merging === undefined) {
      merging = new Merging(keep);
      this.#merging.set(name, merging);
    }
    return merging.points(kind, points);
  }

  /** Of a series that nobody has used since it was last looked at, the same histogram again. */
  #totalOf(series: HistogramSeries, scale: number, frame: Frame): FramedHistogram {
    const last = series.total;
    if (last instanceof FramedHistogram && last.isOf(series, scale, frame)) return last;
    const total = new FramedHistogram(series, scale, frame, this.rotation.scratch);
    series.total = total;
    return total;
  }
}

/** Whose values a batch carries. */
export interface BatchSource {
  readonly resource: Resource;
  readonly incarnation: Incarnation;
  readonly clock: Pick<Clock, "wall">;
}

/** Streams as one batch of cumulative values, taken in slices: what is read later is simply newer. */
export async function batchOf(
  { resource, incarnation, clock }: BatchSource,
  streams: Iterable<MetricStream>,
  slices: Slices,
): Promise<MetricBatch> {
  const metrics = await inSlices(metricsOf(streams), slices);
  const from = incarnation.startTimeMs;
  const to = clock.wall();
  return Object.freeze({
    resource,
    incarnation,
    temporality: "cumulative",
    from,
    to,
    metrics,
  });
}

function* metricsOf(streams: Iterable<MetricStream>): Generator<void, MetricData[]> {
  const metrics: MetricData[] = [];
  for (const { metric, points } of streams) {
    const taken: MetricData["points"][number][] = [];
    for (const point of points) {
      if (taken.push(point) % STEP === 0) yield;
    }
    yield;
    metrics.push({ ...metric, points: taken } as MetricData);
  }
  return metrics;
}

/** Undefined for a histogram that is not of an operation, and for the overflow series. */
function outcomeOf(
  { descriptor }: HistogramInstrument,
  series: HistogramSeries,
): PointOutcome | undefined {
  const { owner } = series;
  if (!(owner instanceof GoldenSignals)) return undefined;
  const { name, attributes, outcomes } = owner;
  const found = outcomes.find((each) => each.series === series);
  if (found === undefined) return undefined;
  const { outcome, type } = found;
  return { instrument: descriptor.name, name, attributes, outcome, type };
}
