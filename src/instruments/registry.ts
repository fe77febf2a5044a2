import {
  type Attributes,
  type AttributeTally,
  attributesKey,
  cleanAttributes,
} from "../attributes/attributes.js";
import type { Diag } from "../diag/diag.js";
import type { Layout } from "../histogram/layout.js";
import type { Recorder } from "../histogram/recorder.js";
import { Slabs } from "../histogram/slabs.js";
import type { Clock } from "../time/clock.js";
import { CounterSeries } from "./counter.js";
import type { TraceSource } from "./exemplars.js";
import { type ActiveInstrument, type HistogramInstrument, OperationFamily } from "./family.js";
import { GaugeSeries } from "./gauge.js";
import { type HistogramSeries, makeSeries, type SeriesShared } from "./histogram.js";
import {
  type Descriptor,
  Ids,
  Instrument,
  OVERFLOW,
  type Series,
  shownKind,
} from "./instrument.js";
import type { LatencyLimit } from "./latency-limit.js";
import { type InstrumentView, keepOnly, type Views } from "./view.js";

/** Longest a window reaches back, and what its oldest block may reach beyond that. */
const ID_REST_MS = 2 * 3_600_000;

export interface RegistryOptions {
  readonly clock: Clock;
  readonly diag: Diag;
  readonly cardinalityLimit: number;
  readonly layout: Layout;
  readonly tally: RegistryTally;
  readonly views: Views;
  readonly traces: TraceSource;
  /** Names of metrics that are no instruments: the library's own. */
  readonly reserved: ReadonlySet<string>;
}

/** For whom an instrument is made: only operations may record into that of a family. */
type Owner = "user" | "family";

/** What exporters will see of an instrument; in-flight counts are `updown`. */
export interface ShownInstrument extends Omit<Descriptor, "kind"> {
  readonly kind: Descriptor["kind"] | "updown";
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
  readonly #limits: LatencyLimit[] = [];
  readonly #listeners: ((shown: ShownInstrument) => void)[] = [];

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

  get traces(): TraceSource {
    return this.options.traces;
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
    owner: Owner = "user",
  ): HistogramInstrument {
    const slabs = this.slabsOf(layout);
    const make = (named: Descriptor, view: InstrumentView, limit: number): HistogramInstrument => {
      const instrument: HistogramInstrument = Object.assign(
        new Instrument<HistogramSeries>(named, view, limit, this.histograms, () => {
          return makeSeries(instrument.shared, OVERFLOW);
        }),
        { shared: undefined as unknown as SeriesShared, exportScale },
      );
      const { traces } = this.options;
      const shared: SeriesShared = {
        traces,
        // Of equal layouts one: whoever merges keeps memory for each.
        layout: slabs.layout,
        scale,
        tally: instrument.tally,
        slabs,
        admit: (recorder) => {
          const series = recorder as HistogramSeries;
          const isNew = series.id < 0;
          const admitted = isNew ? instrument.admit(series) : series;
          if (admitted !== series) return admitted;
          series.arm();
          if (isNew) series.owner?.relist();
          return series;
        },
      };
      return Object.assign(instrument, { shared });
    };
    return this.instrument(descriptor, make, owner);
  }

  counter(descriptor: Descriptor): Instrument<CounterSeries> {
    return this.instrument(descriptor, (named, view, limit) => {
      const instrument: Instrument<CounterSeries> = new Instrument(
        named,
        view,
        limit,
        this.counters,
        () => new CounterSeries(instrument, OVERFLOW),
      );
      return instrument;
    });
  }

  gauge(descriptor: Descriptor): Instrument<GaugeSeries> {
    return this.instrument(descriptor, (named, view, limit) => {
      const instrument: Instrument<GaugeSeries> = new Instrument(
        named,
        view,
        limit,
        this.gauges,
        () => new GaugeSeries(instrument, OVERFLOW),
      );
      return instrument;
    });
  }

  /** The series of `attributes`, get or create; a new one takes its place under the limit at once. */
  bind<S extends Series>(
    instrument: Instrument<S>,
    attributes: unknown,
    make: (attributes: Attributes) => S,
  ): S {
    const given = cleanAttributes(attributes, this.tally.attributes);
    const clean = keepOnly(given, instrument.view.keep);
    const key = attributesKey(clean);
    return instrument.series.get(key) ?? instrument.admit(make(clean), key);
  }

  bindHistogram(instrument: HistogramInstrument, attributes: unknown): HistogramSeries {
    return this.bind(instrument, attributes, (clean) => makeSeries(instrument.shared, clean));
  }

  bindCounter(instrument: Instrument<CounterSeries>, attributes: unknown): CounterSeries {
    return this.bind(instrument, attributes, (clean) => {
      return new CounterSeries(instrument, clean);
    });
  }

  bindGauge(instrument: Instrument<GaugeSeries>, attributes: unknown): GaugeSeries {
    return this.bind(instrument, attributes, (clean) => {
      return new GaugeSeries(instrument, clean);
    });
  }

  /**
   * A family of operations whose durations go, in milliseconds, into one histogram in seconds: get or
   * create.
   */
  family(descriptor: Descriptor, active: ActiveInstrument): OperationFamily {
    const { layout } = this.options;
    const instrument = this.histogram(descriptor, layout, 1000, 1_000_000, "family");
    const known = this.families.find((family) => family.instrument === instrument);
    if (known !== undefined) return known;
    const view = this.options.views.of(active.name);
    const { name = active.name, description = active.description, drop } = view;
    const shown = { ...active, name, description, drop, keep: view.keep };
    const family = new OperationFamily(instrument, shown, this.clock, this.tally, this.#limits);
    this.families.push(family);
    this.#tell({ ...shown, kind: "updown" });
    return family;
  }

  /** Counts the successes of matching operations that take longer than a limit, from now on. */
  hold(limit: LatencyLimit): void {
    this.#limits.push(limit);
    for (const family of this.families) family.hold(limit);
  }

  /** Tells of every instrument, those there are and those to come, once. */
  onInstrument(listener: (shown: ShownInstrument) => void): void {
    this.#listeners.push(listener);
    for (const { descriptor } of this.instruments.values()) {
      listener({ ...descriptor, kind: shownKind(descriptor) });
    }
    for (const { active } of this.families) listener({ ...active, kind: "updown" });
  }

  #tell(shown: ShownInstrument): void {
    for (const listener of this.#listeners) listener(shown);
  }

  /** `descriptor` is as the instrument is made; a view may show it under another name. */
  private instrument<T extends Instrument<S>, S extends Series>(
    descriptor: Descriptor,
    make: (descriptor: Descriptor, view: InstrumentView, limit: number) => T,
    owner: Owner = "user",
  ): T {
    const view = this.options.views.of(descriptor.name);
    const { name = descriptor.name, description = descriptor.description } = view;
    return this.#named({ ...descriptor, name, description }, view, make, owner);
  }

  #named<T extends Instrument<S>, S extends Series>(
    descriptor: Descriptor,
    view: InstrumentView,
    make: (descriptor: Descriptor, view: InstrumentView, limit: number) => T,
    owner: Owner,
  ): T {
    const known = this.instruments.get(descriptor.name);
    const taken = this.#takenBy(descriptor.name, owner) ?? known?.descriptor.kind;
    if (known !== undefined && taken === descriptor.kind) {
      if (known.descriptor.unit !== descriptor.unit) {
        this.diag.warn(
          `unit:${descriptor.name}`,
          `"${descriptor.name}" counts in "${known.descriptor.unit}" and stays so; it was asked for in "${descriptor.unit}"`,
        );
      }
      return known as unknown as T;
    }
    if (taken !== undefined) {
      // Values must not be lost because two modules disagree: the second one gets a name of its own.
      const name = `${descriptor.name}.${descriptor.kind}`;
      this.diag.warn(
        `conflict:${descriptor.name}`,
        `"${descriptor.name}" is ${taken}; the ${descriptor.kind} of that name is called "${name}"`,
      );
      return this.#named({ ...descriptor, name }, view, make, owner);
    }
    const instrument = make(descriptor, view, this.options.cardinalityLimit);
    this.instruments.set(descriptor.name, instrument as unknown as Instrument<Series>);
    this.#tell({ ...descriptor, kind: shownKind(descriptor) });
    return instrument;
  }

  /** Who has a name already that is not simply another handle of the same instrument. */
  #takenBy(name: string, owner: Owner): string | undefined {
    if (this.options.reserved.has(name)) return "the library's own";
    if (this.families.some(({ active }) => active.name === name))
      return "a count of what is in flight";
    const isOperations = this.families.some(
      ({ instrument }) => instrument.descriptor.name === name,
    );
    return isOperations && owner === "user" ? "the duration of operations" : undefined;
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
