import type { ClosedHistogram } from "../histogram/closed-histogram.js";
import type { CounterSeries } from "../instruments/counter.js";
import type { HistogramInstrument, OperationFamily } from "../instruments/family.js";
import type { GaugeSeries } from "../instruments/gauge.js";
import type { HistogramSeries } from "../instruments/histogram.js";
import type { Instrument } from "../instruments/instrument.js";
import type { Registry } from "../instruments/registry.js";
import type { Block } from "../window/block.js";
import type { Rotation } from "../window/rotation.js";
import type { HistogramPoint, MetricData, NumberPoint } from "./batch.js";
import { allSeries, isUnused, mergeSeries } from "./merge-series.js";

/** One instrument and its points, read one by one. */
export interface MetricStream {
  readonly metric: Omit<MetricData, "points">;
  readonly points: Iterable<MetricData["points"][number]>;
}

/** What exporters read: everything since the start, the open interval included. */
export class Cumulative {
  #total: { intervals: number; blocks: readonly Block[] } | undefined;

  constructor(
    private readonly registry: Registry,
    private readonly rotation: Rotation,
  ) {}

  /**
   * Every instrument, one after the other and point by point, so that a reader may pause anywhere:
   * what it reads later is then simply newer.
   */
  *streams(): Generator<MetricStream> {
    for (const instrument of this.registry.instruments.values()) {
      const metric = { ...instrument.descriptor };
      if (metric.kind === "histogram") {
        yield { metric, points: this.#totals(instrument as unknown as HistogramInstrument) };
      } else {
        const numbers = instrument as unknown as Instrument<CounterSeries | GaugeSeries>;
        yield { metric, points: numberPoints(numbers) };
      }
    }
    for (const family of this.registry.families) {
      const points = inFlightPoints(family);
      if (points.length === 0) continue;
      const { name, unit, description } = family.active;
      yield { metric: { name, unit, description, kind: "updown" }, points };
    }
  }

  /** `streams` as plain data, taken in one go. */
  metrics(): MetricData[] {
    const metrics: MetricData[] = [];
    for (const { metric, points } of this.streams()) {
      metrics.push({ ...metric, points: [...points] } as MetricData);
    }
    return metrics;
  }

  *#totals(instrument: HistogramInstrument): Generator<HistogramPoint> {
    for (const series of allSeries(instrument)) {
      const histogram = this.#totalOf(series, instrument.exportScale);
      yield { attributes: series.attributes, histogram };
    }
  }

  /** The blocks are looked up anew when an interval closed while the reader paused: totals never shrink. */
  #totalOf(series: HistogramSeries, scale: number): ClosedHistogram {
    const { intervals, scratch, window } = this.rotation;
    if (this.#total?.intervals !== intervals) {
      this.#total = { intervals, blocks: window.blocks("total", this.registry.clock.now()) };
    }
    return mergeSeries(scratch, this.#total.blocks, series).take(scale);
  }
}

function* numberPoints(
  instrument: Instrument<CounterSeries | GaugeSeries>,
): Generator<NumberPoint> {
  for (const { attributes, value } of allSeries(instrument)) {
    if (!Number.isNaN(value)) yield { attributes, value };
  }
}

function inFlightPoints(family: OperationFamily): NumberPoint[] {
  return [...family.signals]
    .filter((signals) => !isUnused(signals))
    .map((signals) => ({ attributes: family.wire(signals), value: signals.inFlight }));
}
