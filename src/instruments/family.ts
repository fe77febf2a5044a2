import {
  type Attributes,
  type AttributeTally,
  type AttributeValue,
  attributesKey,
  cleanAttributes,
  joinAttributes,
  textOf,
} from "../attributes/attributes.js";
import type { Clock } from "../time/clock.js";
import {
  GoldenSignals,
  type MisuseTally,
  Operation,
  type Outcome,
  type SignalsHome,
} from "./golden-signals.js";
import { type HistogramSeries, makeSeries, type SeriesShared } from "./histogram.js";
import { type Descriptor, type Instrument, OVERFLOW } from "./instrument.js";
import type { LatencyLimit } from "./latency-limit.js";
import { keepOnly } from "./view.js";

export interface HistogramInstrument extends Instrument<HistogramSeries> {
  readonly shared: SeriesShared;
  /** Layout units per unit of the descriptor; `shared.scale` is per recorded unit. */
  readonly exportScale: number;
}

/** The instrument that shows how many are in flight. */
export interface ActiveInstrument extends Omit<Descriptor, "kind"> {
  /** Its points carry `operation.name`, and so do the durations. */
  readonly named: boolean;
}

/** The same, as views show it. */
export interface ShownActive extends ActiveInstrument {
  readonly drop: boolean;
  readonly keep?: ReadonlySet<string>;
}

/** Operations that share one duration instrument: `http.server.request.duration`, say. */
export class OperationFamily implements SignalsHome {
  /** All that are shown; at most as many as the instrument may have series. */
  readonly signals = new Set<GoldenSignals>();
  readonly #operations = new Map<string, Operation>();
  #overflow: Operation | undefined;

  constructor(
    readonly instrument: HistogramInstrument,
    readonly active: ShownActive,
    private readonly clock: Clock,
    readonly tally: MisuseTally & { readonly attributes: AttributeTally },
    private readonly limits: readonly LatencyLimit[],
  ) {}

  /** Get or create an operation by name and attributes; beyond the limit, the one that takes the rest. */
  operation(name: string, attributes: unknown): Operation {
    const given = cleanAttributes(attributes, this.tally.attributes);
    // Without its name on the wire, operations of different names would become one series.
    const clean = this.active.named ? keepOnly(given, this.instrument.view.keep) : given;
    const { name: title } = cleanAttributes({ name: textOf(name) }, this.tally.attributes);
    const key = keyOf(title as string, clean);
    const known = this.#operations.get(key);
    if (known !== undefined) return known;
    const signals = this.add(title as string, clean);
    if (signals === undefined) return this.overflow;
    const operation = new Operation(signals, this.clock);
    signals.operation = operation;
    this.#operations.set(key, operation);
    return operation;
  }

  /**
   * The signals of one operation, listed until they idle; undefined when the family is full.
   * Its outcomes take their place under the series limit at their first value.
   */
  add(name: string, attributes: Attributes): GoldenSignals | undefined {
    if (this.signals.size >= this.instrument.limit) {
      this.instrument.overflowed++;
      return undefined;
    }
    const signals = new GoldenSignals(name, attributes, this, this.clock.now());
    this.#list(signals);
    return signals;
  }

  /** The operation that takes what the limit turned away: one series, whatever the outcome. */
  get overflow(): Operation {
    this.#overflow ??= new Operation(
      new GoldenSignals("otel.metric.overflow", OVERFLOW, this, this.clock.now()),
      this.clock,
    );
    return this.#overflow;
  }

  series(
    signals: GoldenSignals,
    extra: Readonly<Record<string, AttributeValue>> | undefined,
    outcome: Outcome,
  ): HistogramSeries {
    const { shared } = this.instrument;
    if (signals.attributes === OVERFLOW) return makeSeries(shared, OVERFLOW);
    const all = joinAttributes(this.wire(signals), extra);
    const series = makeSeries(shared, all, signals);
    if (outcome === "ok") for (const limit of this.limits) this.#hold(signals, series, limit);
    return series;
  }

  /** Holds the operations there are to a limit; those to come are as they come. */
  hold(limit: LatencyLimit): void {
    for (const signals of this.signals) {
      for (const { outcome, series } of signals.outcomes) {
        if (outcome === "ok") this.#hold(signals, series, limit);
      }
    }
  }

  #hold({ name, attributes }: GoldenSignals, series: HistogramSeries, limit: LatencyLimit): void {
    const instrument = this.instrument.descriptor.name;
    if (limit.matches({ instrument, name, attributes })) series.limit(limit);
  }

  /** Attributes that exporters show. */
  wire({ name, attributes }: GoldenSignals): Attributes {
    return this.active.named ? joinAttributes(attributes, { "operation.name": name }) : attributes;
  }

  relist(signals: GoldenSignals): void {
    const { operation } = signals;
    // What takes the rest is shown by its one series, wherever it came from.
    if (signals.attributes === OVERFLOW) return;
    if (operation !== undefined) {
      const key = keyOf(signals.name, signals.attributes);
      // Another handle of the same name may have taken the place meanwhile; its series take the values.
      if (this.#operations.has(key)) return;
      this.#operations.set(key, operation);
    }
    this.#list(signals);
  }

  #list(signals: GoldenSignals): void {
    signals.isListed = true;
    this.signals.add(signals);
  }

  /** Takes out signals that nobody has used since `idleSince` and whose series have all expired. */
  expire(idleSince: number): void {
    for (const signals of this.signals) {
      const { inFlight, createdAt, outcomes } = signals;
      if (inFlight > 0 || createdAt > idleSince) continue;
      if (outcomes.some(({ series }) => series.id >= 0)) continue;
      signals.isListed = false;
      this.signals.delete(signals);
      if (signals.operation === undefined) continue;
      this.#operations.delete(keyOf(signals.name, signals.attributes));
    }
  }
}

function keyOf(name: string, attributes: Attributes): string {
  return `${name.length}:${name}${attributesKey(attributes)}`;
}
