import type { Attributes } from "../../attributes/attributes.js";
import { cleanAttributes, joinAttributes } from "../../attributes/attributes.js";
import type { CounterSeries } from "../../instruments/counter.js";
import type { GaugeSeries } from "../../instruments/gauge.js";
import { type HistogramSeries, makeSeries } from "../../instruments/histogram.js";
import type { Internals } from "../../instruments/internals.js";
import { Levels, type Readings } from "./level.js";

const MS_PER_SECOND = 1000;
const US_PER_SECOND = 1_000_000;

/** Something that can run full: its levels are read once a second, its handle records what happens. */
export abstract class Watched<K extends string> {
  /** What is read at present; undefined: nothing. */
  source: unknown;
  protected readonly levels: Levels<K>;
  private readonly attributes: Attributes;
  private readonly gauges: GaugeSeries[] = [];
  private unwatch: (() => void) | undefined;
  /** Set by whoever keeps this by name. */
  onStop: (() => void) | undefined;

  constructor(
    protected readonly internals: Internals,
    given: Attributes | undefined,
    name: Attributes,
  ) {
    const tally = internals.registry.tally.attributes;
    this.attributes = cleanAttributes(joinAttributes(cleanAttributes(given, tally), name), tally);
    this.levels = new Levels(internals.callbacks);
  }

  /** Reads `readings` from now on, in place of those before; the first time at once. */
  watch(source: unknown, readings: Readings<K>): void {
    this.source = source;
    this.levels.use(readings);
    this.unwatch ??= this.internals.sample((elapsedMs) => this.sample(elapsedMs));
    this.sample(0);
  }

  /** Reads no more, and shows nothing more of what was read. What is recorded is recorded all the same. */
  stop(): void {
    this.unwatch?.();
    this.unwatch = undefined;
    for (const gauge of this.gauges) show(gauge, Number.NaN);
    this.onStop?.();
    this.onStop = undefined;
  }

  /** Shows what the levels say now. Must not throw. @param elapsedMs - since the last time; 0 the first */
  protected abstract show(elapsedMs: number): void;

  private sample(elapsedMs: number): void {
    this.levels.poll();
    this.show(elapsedMs);
  }

  protected gauge(
    name: string,
    unit: string,
    description: string,
    { attributes, canFill = false }: { attributes?: Attributes; canFill?: boolean } = {},
  ): GaugeSeries {
    const { registry } = this.internals;
    const instrument = registry.gauge({ name, unit, description, kind: "gauge" });
    if (canFill) this.internals.showSaturation(instrument);
    const series = registry.bindGauge(instrument, joinAttributes(this.attributes, attributes));
    this.gauges.push(series);
    return series;
  }

  protected counter(
    name: string,
    unit: string,
    description: string,
    attributes?: Attributes,
  ): CounterSeries {
    const { registry } = this.internals;
    const instrument = registry.counter({ name, unit, description, kind: "counter" });
    return registry.bindCounter(instrument, joinAttributes(this.attributes, attributes));
  }

  /** Of durations: recorded in ms, shown in s; no series until the first value. */
  protected durations(name: string, description: string): HistogramSeries {
    const { registry } = this.internals;
    const instrument = registry.histogram(
      { name, unit: "s", description, kind: "histogram" },
      undefined,
      MS_PER_SECOND,
      US_PER_SECOND,
    );
    return makeSeries(instrument.shared, this.attributes);
  }
}

/** Shows a level, or that there is none: an old value must not stand as if it were new. */
export function show(gauge: GaugeSeries, value: number, saturation = Number.NaN): void {
  if (Number.isNaN(value)) gauge.value = Number.NaN;
  else gauge.set(value);
  gauge.saturation = Math.min(1, Math.max(0, saturation));
}
