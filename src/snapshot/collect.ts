import type { CounterSeries } from "../instruments/counter.js";
import type { HistogramInstrument, OperationFamily } from "../instruments/family.js";
import type { GaugeSeries } from "../instruments/gauge.js";
import type { GoldenSignals, OutcomeSeries } from "../instruments/golden-signals.js";
import type { Instrument, Series } from "../instruments/instrument.js";
import type { Registry } from "../instruments/registry.js";
import {
  type Block,
  GAUGE_FIELDS,
  MAX,
  MIN,
  mergeCounters,
  mergeGauges,
  SUM,
  WEIGHT,
} from "../window/block.js";
import type { WindowName } from "../window/rolling-window.js";
import type { Rotation } from "../window/rotation.js";
import { dependenciesOf } from "./dependencies.js";
import { Latency } from "./latency.js";
import { allSeries, isUnused, mergeSeries } from "./merge-series.js";
import type {
  CounterSnapshot,
  GaugeSnapshot,
  HistogramSnapshot,
  OperationExemplar,
  OperationSnapshot,
  SaturationSnapshot,
  SelfSnapshot,
  Snapshot,
} from "./model.js";

export interface CollectorOptions {
  readonly service: string;
  readonly self: () => SelfSnapshot;
}

/** One view of the blocks of a window, with the rates' denominator. */
interface Frame {
  readonly window: WindowName;
  readonly blocks: readonly Block[];
  /** By counter id: what the blocks added. */
  readonly added: Float64Array;
  /** By gauge id × GAUGE_FIELDS: over the blocks. */
  readonly gauges: Float64Array;
  readonly seconds: number;
  /** Epoch ms of the oldest value. */
  readonly startWall: number;
}

/** Reads registry and windows; changes neither. The open interval is included in all it reads. */
export class Collector {
  /** Instruments whose gauges are shown as saturation. */
  readonly saturations = new Set<Instrument<GaugeSeries>>();

  constructor(
    private readonly registry: Registry,
    private readonly rotation: Rotation,
    private readonly options: CollectorOptions,
  ) {}

  snapshot(window: WindowName): Snapshot {
    const { clock } = this.registry;
    const now = clock.now();
    const end = clock.wall();
    const blocks = this.rotation.blocks(window);
    const oldest = blocks.at(-1);
    const start = oldest?.start ?? this.rotation.openSince;
    const startWall = oldest?.startWall ?? this.rotation.openSinceWall;
    const seconds = Math.max(1e-3, (now - start) / 1000);
    const added = mergeCounters(blocks);
    const gauges = mergeGauges(blocks);
    const frame: Frame = { window, blocks, added, gauges, seconds, startWall };
    const operations = Object.freeze(this.#operations(frame));
    return Object.freeze({
      service: this.options.service,
      window,
      start: startWall,
      end,
      operations,
      dependencies: dependenciesOf(this.options.service, operations),
      saturation: Object.freeze(this.#saturation(frame)),
      counters: Object.freeze(this.#counters(frame)),
      gauges: Object.freeze(this.#gauges(frame)),
      histograms: Object.freeze(this.#histograms(frame)),
      self: this.options.self(),
    });
  }

  #operations(frame: Frame): OperationSnapshot[] {
    const found: OperationSnapshot[] = [];
    for (const family of this.registry.families) {
      if (family.instrument.view.drop) continue;
      for (const signals of family.signals) {
        if (isUnused(signals)) continue;
        found.push(this.#operation(frame, family, signals, signals.outcomes));
      }
      const { overflow } = family.instrument;
      if (overflow === undefined) continue;
      const { signals } = family.overflow;
      found.push(
        this.#operation(frame, family, signals, [{ outcome: "ok", type: "", series: overflow }]),
      );
    }
    return found;
  }

  #operation(
    frame: Frame,
    family: OperationFamily,
    signals: GoldenSignals,
    outcomes: readonly OutcomeSeries[],
  ): OperationSnapshot {
    const { shared } = family.instrument;
    const accumulator = this.rotation.scratch.for(shared.layout);
    const of = (outcome: OutcomeSeries["outcome"], byType?: Record<string, number>) => {
      for (const each of outcomes) {
        if (each.outcome !== outcome) continue;
        const before = accumulator.count;
        mergeSeries(this.rotation.scratch, frame.blocks, each.series);
        const count = accumulator.count - before;
        if (byType !== undefined && count > 0) byType[each.type] = (byType[each.type] ?? 0) + count;
      }
      return accumulator.take(shared.scale);
    };
    const byType: Record<string, number> = Object.create(null);
    const latency = new Latency(of("ok"));
    const failed = new Latency(of("error", byType));
    const aborted = of("aborted").count;
    const count = latency.count + failed.count + aborted;
    return Object.freeze({
      name: signals.name,
      attributes: signals.attributes,
      instrument: family.instrument.descriptor.name,
      latency,
      traffic: Object.freeze({ count, perSecond: count / frame.seconds }),
      errors: Object.freeze({
        count: failed.count,
        ratio: count === 0 ? 0 : failed.count / count,
        byType: Object.freeze({ ...byType }),
        latency: failed,
      }),
      aborted: Object.freeze({ count: aborted }),
      inFlight: signals.inFlight,
      exemplars: exemplarsOf(outcomes, frame.startWall),
    });
  }

  #histograms(frame: Frame): HistogramSnapshot[] {
    const families = new Set(this.registry.families.map((family) => family.instrument));
    const found: HistogramSnapshot[] = [];
    for (const each of this.registry.instruments.values()) {
      const instrument = each as unknown as HistogramInstrument;
      const { name, unit, kind } = instrument.descriptor;
      if (kind !== "histogram" || instrument.view.drop || families.has(instrument)) continue;
      for (const series of allSeries(instrument)) {
        const figures = new Latency(
          mergeSeries(this.rotation.scratch, frame.blocks, series).take(instrument.exportScale),
        );
        const { histogram } = figures;
        found.push(
          Object.freeze(
            Object.defineProperty(
              {
                name,
                attributes: series.attributes,
                unit,
                ...figures,
                perSecond: figures.count / frame.seconds,
                percentile: (p: number) => histogram.percentile(p),
                histogram,
              },
              "histogram",
              { enumerable: false },
            ),
          ),
        );
      }
    }
    return found;
  }

  #counters(frame: Frame): CounterSnapshot[] {
    const found: CounterSnapshot[] = [];
    for (const { instrument, series } of this.#each<CounterSeries>("counter")) {
      const count = countOf(series, frame);
      const { name, unit } = instrument.descriptor;
      const perSecond = count / frame.seconds;
      found.push(Object.freeze({ name, attributes: series.attributes, unit, count, perSecond }));
    }
    return found;
  }

  #gauges(frame: Frame): GaugeSnapshot[] {
    const found: GaugeSnapshot[] = [];
    for (const { instrument, series } of this.#each<GaugeSeries>("gauge")) {
      if (this.saturations.has(instrument) || Number.isNaN(series.value)) continue;
      const { name, unit } = instrument.descriptor;
      const { mean, min, max } = gaugeFigures(frame.gauges, series.id, series.value);
      const { attributes, value } = series;
      found.push(Object.freeze({ name, attributes, unit, value, mean, min, max }));
    }
    return found;
  }

  #saturation(frame: Frame): SaturationSnapshot[] {
    const found: SaturationSnapshot[] = [];
    for (const instrument of this.saturations) {
      if (instrument.view.drop) continue;
      for (const series of allSeries(instrument)) {
        if (Number.isNaN(series.value)) continue;
        const { name, unit } = instrument.descriptor;
        const { mean, max } = gaugeFigures(frame.gauges, series.id, series.value);
        const { attributes, value, saturation } = series;
        found.push(
          Object.freeze({
            name,
            attributes,
            unit,
            value,
            mean,
            max,
            ...(Number.isNaN(saturation) ? {} : { saturation }),
          }),
        );
      }
    }
    return found;
  }

  *#each<S extends Series>(kind: string): Generator<{ instrument: Instrument<S>; series: S }> {
    for (const each of this.registry.instruments.values()) {
      if (each.descriptor.kind !== kind || each.view.drop) continue;
      const instrument = each as unknown as Instrument<S>;
      for (const series of allSeries(instrument)) yield { instrument, series };
    }
  }
}

const NO_EXEMPLARS: readonly OperationExemplar[] = Object.freeze([]);

function exemplarsOf(
  outcomes: readonly OutcomeSeries[],
  since: number,
): readonly OperationExemplar[] {
  let found: OperationExemplar[] | undefined;
  for (const { outcome, series } of outcomes) {
    for (const exemplar of series.exemplars?.since(since, 1) ?? []) {
      found ??= [];
      found.push(Object.freeze({ ...exemplar, outcome }));
    }
  }
  return found === undefined ? NO_EXEMPLARS : Object.freeze(found);
}

/** A counter that expired and came back goes on from where it was: its total is its own, not the blocks'. */
function countOf(series: CounterSeries, { window, added }: Frame): number {
  if (window === "total") return series.value;
  return series.value - series.closedValue + (added[series.id] ?? 0);
}

/** Mean, smallest and largest sample over the blocks; of `now` where they have none. */
function gaugeFigures(
  gauges: Float64Array,
  id: number,
  now: number,
): { mean: number; min: number; max: number } {
  const at = id * GAUGE_FIELDS;
  const weight = gauges[at + WEIGHT] ?? 0;
  if (weight === 0) return { mean: now, min: now, max: now };
  return {
    mean: gauges[at + SUM] / weight,
    min: Math.min(now, gauges[at + MIN]),
    max: Math.max(now, gauges[at + MAX]),
  };
}
