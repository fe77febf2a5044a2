import {
  type Attributes,
  type AttributeTally,
  type AttributeValue,
  attributesKey,
  cleanAttributes,
} from "../attributes/attributes.js";
import type { Diag } from "../diag/diag.js";
import type { Layout, LayoutOptions } from "../histogram/layout.js";
import type { Recorder, RecorderShared } from "../histogram/recorder.js";
import { Slabs } from "../histogram/slabs.js";
import type { Clock } from "../time/clock.js";
import { CounterSeries } from "./counter.js";
import { GaugeSeries } from "./gauge.js";
import { GoldenSignals, Operation } from "./golden-signals.js";
import { type HistogramSeries, makeSeries } from "./histogram.js";
import {
  type Descriptor,
  Ids,
  Instrument,
  OVERFLOW,
  OVERFLOW_KEY,
  type Series,
} from "./instrument.js";

/** Longest a window reaches back, and what its oldest block may reach beyond that. */
const ID_REST_MS = 2 * 3_600_000;

export interface HistogramInstrument extends Instrument<HistogramSeries> {
  readonly shared: RecorderShared;
  /** Layout units per unit of the descriptor; `shared.scale` is per recorded unit. */
  readonly exportScale: number;
}

/** Operations that share one duration instrument: `http.server.request.duration`, say. */
export interface OperationFamily {
  readonly instrument: HistogramInstrument;
  /** Takes what the limit turned away; made when first needed. */
  overflow: Operation | undefined;
  readonly operations: Map<string, Operation>;
  /** What is shown, without a handle to record with; `operations` are among them. */
  readonly signals: Set<GoldenSignals>;
  /** The instrument that shows how many are in flight; its points carry `operation.name` if `named`. */
  readonly active: Omit<Descriptor, "kind"> & { readonly named: boolean };
}

export interface RegistryOptions {
  readonly clock: Clock;
  readonly diag: Diag;
  readonly cardinalityLimit: number;
  readonly layout: Layout;
  readonly tally: RegistryTally;
}

/** What went wrong at the edge of the registry. */
export class RegistryTally {
  misuse = 0;
  attributes: AttributeTally = { truncated: 0, dropped: 0 };
  /** Series taken out because nothing was recorded for `idleSeriesMs`. */
  expiredSeries = 0;
  /** Values of histograms that were in series taken out. */
  expiredValues = 0;
}

/** Descriptor + attributes → bound handle. Cold; what it returns is hot. */
export class Registry {
  readonly histograms: Ids<HistogramSeries>;
  readonly counters: Ids<CounterSeries>;
  readonly gauges: Ids<GaugeSeries>;
  readonly instruments = new Map<string, Instrument<Series>>();
  readonly families: OperationFamily[] = [];
  readonly slabs: Slabs<Recorder>[] = [];

  constructor(private readonly options: RegistryOptions) {
    const now = () => options.clock.now();
    this.histograms = new Ids(now, ID_REST_MS);
    this.counters = new Ids(now, ID_REST_MS);
    this.gauges = new Ids(now, ID_REST_MS);
  }

  get clock(): Clock {
    return this.options.clock;
  }

  get diag(): Diag {
    return this.options.diag;
  }

  get tally(): RegistryTally {
    return this.options.tally;
  }

  /**
   * Get or create.
   * @param scale - layout units per recorded unit
   * @param exportScale - layout units per unit of the descriptor
   */
  histogram(
    descriptor: Descriptor,
    layout = this.options.layout,
    scale = 1,
    exportScale = scale,
  ): HistogramInstrument {
    return this.instrument(descriptor, (named, limit) => {
      const instrument: HistogramInstrument = Object.assign(
        new Instrument<HistogramSeries>(named, limit, this.histograms, () => {
          return makeSeries(instrument.shared, OVERFLOW, OVERFLOW_KEY);
        }),
        { shared: undefined as unknown as RecorderShared, exportScale },
      );
      const shared: RecorderShared = {
        layout,
        scale,
        tally: instrument.tally,
        slabs: this.slabsOf(layout),
        admit: (recorder) => {
          if (recorder.id >= 0) return recorder;
          const series = instrument.admit(recorder as HistogramSeries);
          if (series === recorder) series.owner?.relist();
          return series;
        },
      };
      return Object.assign(instrument, { shared });
    });
  }

  counter(descriptor: Descriptor): Instrument<CounterSeries> {
    return this.instrument(descriptor, (named, limit) => {
      const instrument: Instrument<CounterSeries> = new Instrument(
        named,
        limit,
        this.counters,
        () => new CounterSeries(instrument, OVERFLOW, OVERFLOW_KEY),
      );
      return instrument;
    });
  }

  gauge(descriptor: Descriptor): Instrument<GaugeSeries> {
    return this.instrument(descriptor, (named, limit) => {
      const instrument: Instrument<GaugeSeries> = new Instrument(
        named,
        limit,
        this.gauges,
        () => new GaugeSeries(instrument, OVERFLOW, OVERFLOW_KEY),
      );
      return instrument;
    });
  }

  /** The series of `attributes`, get or create; a new one takes its place under the limit at once. */
  bind<S extends Series>(
    instrument: Instrument<S>,
    attributes: unknown,
    make: (attributes: Attributes, key: string) => S,
  ): S {
    const clean = cleanAttributes(attributes, this.tally.attributes);
    const key = attributesKey(clean);
    return instrument.series.get(key) ?? instrument.admit(make(clean, key));
  }

  bindHistogram(instrument: HistogramInstrument, attributes: unknown): HistogramSeries {
    return this.bind(instrument, attributes, (clean, key) =>
      makeSeries(instrument.shared, clean, key),
    );
  }

  bindCounter(instrument: Instrument<CounterSeries>, attributes: unknown): CounterSeries {
    return this.bind(instrument, attributes, (clean, key) => {
      return new CounterSeries(instrument, clean, key);
    });
  }

  bindGauge(instrument: Instrument<GaugeSeries>, attributes: unknown): GaugeSeries {
    return this.bind(instrument, attributes, (clean, key) => {
      return new GaugeSeries(instrument, clean, key);
    });
  }

  /** A family of operations whose durations go, in milliseconds, into one histogram in seconds. */
  family(descriptor: Descriptor, active: OperationFamily["active"]): OperationFamily {
    const known = this.families.find(
      (family) => family.instrument.descriptor.name === descriptor.name,
    );
    if (known !== undefined) return known;
    const family: OperationFamily = {
      instrument: this.histogram(descriptor, this.options.layout, 1000, 1_000_000),
      overflow: undefined,
      operations: new Map(),
      signals: new Set(),
      active,
    };
    this.families.push(family);
    return family;
  }

  /**
   * The signals of one operation, listed until they idle; undefined when the family is full.
   * Its outcomes take their place under the series limit at their first value.
   *
   * @param wire - attributes on every series of the operation
   */
  signals(
    family: OperationFamily,
    name: string,
    attributes: Attributes,
    wire: Attributes,
  ): GoldenSignals | undefined {
    if (family.signals.size >= family.instrument.limit) {
      family.instrument.overflowed++;
      return undefined;
    }
    const signals: GoldenSignals = new GoldenSignals(
      name,
      attributes,
      (extra: Readonly<Record<string, AttributeValue>>) => {
        const all = cleanAttributes({ ...wire, ...extra }, this.tally.attributes);
        return makeSeries(family.instrument.shared, all, attributesKey(all), signals);
      },
      this.tally,
      this.clock.now(),
    );
    signals.relist = () => family.signals.add(signals);
    family.signals.add(signals);
    return signals;
  }

  /** Get or create an operation by name and attributes. */
  operation(family: OperationFamily, name: string, attributes: unknown): Operation {
    const clean = cleanAttributes(attributes, this.tally.attributes);
    const title = cleanAttributes({ name }, this.tally.attributes).name as string;
    const key = `${title.length}:${title}${attributesKey(clean)}`;
    const known = family.operations.get(key);
    if (known !== undefined) return known;
    const wire = cleanAttributes({ ...clean, "operation.name": title }, this.tally.attributes);
    const signals = this.signals(family, title, clean, wire);
    if (signals === undefined) return this.overflowOperation(family);
    const operation = new Operation(signals, this.clock);
    family.operations.set(key, operation);
    signals.relist = () => {
      if (family.operations.has(key)) return;
      family.operations.set(key, operation);
      family.signals.add(signals);
    };
    return operation;
  }

  /** The operation that takes what the limit turned away: one series, whatever the outcome. */
  overflowOperation(family: OperationFamily): Operation {
    family.overflow ??= new Operation(
      new GoldenSignals(
        "otel.metric.overflow",
        OVERFLOW,
        () => makeSeries(family.instrument.shared, OVERFLOW, OVERFLOW_KEY),
        this.tally,
        this.clock.now(),
      ),
      this.clock,
    );
    return family.overflow;
  }

  private instrument<T extends Instrument<S>, S extends Series>(
    descriptor: Descriptor,
    make: (descriptor: Descriptor, limit: number) => T,
  ): T {
    const known = this.instruments.get(descriptor.name);
    if (known?.descriptor.kind === descriptor.kind) return known as unknown as T;
    if (known !== undefined) {
      // Values must not be lost because two modules disagree: the second kind gets a name of its own.
      const name = `${descriptor.name}.${descriptor.kind}`;
      this.diag.warn(
        `conflict:${descriptor.name}`,
        `"${descriptor.name}" is a ${known.descriptor.kind}; the ${descriptor.kind} of that name is called "${name}"`,
      );
      return this.instrument({ ...descriptor, name }, make);
    }
    const instrument = make(descriptor, this.options.cardinalityLimit);
    this.instruments.set(descriptor.name, instrument as unknown as Instrument<Series>);
    return instrument;
  }

  private slabsOf(layout: Layout): Slabs<Recorder> {
    let slabs = this.slabs.find((each) => each.layout.equals(layout));
    if (slabs === undefined) {
      slabs = new Slabs<Recorder>(layout);
      this.slabs.push(slabs);
    }
    return slabs;
  }
}

export type { LayoutOptions };
