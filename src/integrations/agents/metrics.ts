import { type Attributes, cleanAttributes, joinAttributes } from "../../attributes/attributes.js";
import { Layout } from "../../histogram/layout.js";
import type { CounterSeries } from "../../instruments/counter.js";
import type { HistogramInstrument } from "../../instruments/family.js";
import type { GaugeSeries } from "../../instruments/gauge.js";
import type { GoldenSignals } from "../../instruments/golden-signals.js";
import { type HistogramSeries, makeSeries } from "../../instruments/histogram.js";
import type { Descriptor } from "../../instruments/instrument.js";
import type { Internals } from "../../instruments/internals.js";
import { keepOnly } from "../../instruments/view.js";
import type { Clock } from "../../time/clock.js";
import { Distribution } from "./distribution.js";
import {
  COUNTERS,
  type CounterKey,
  DISTRIBUTIONS,
  type DistributionKey,
  type Edition,
  GAUGES,
  type GaugeKey,
  type Metric,
  OPERATIONS,
  type OperationKey,
} from "./semconv.js";
import { Work } from "./work.js";

/** That of durations, so that both share their slabs: 1 … 3.6 × 10⁹ at two digits. */
const NUMBERS = new Layout();
const MS_PER_SECOND = 1000;
const US_PER_SECOND = 1_000_000;
/** Steps of a number that need not be whole. */
const STEPS = 1000;

/** The instruments of one monitor, by the keys of the table. Cold; what it returns is hot. */
export class Metrics {
  readonly clock: Clock;
  /** By the signals they record: of what the series limit turned away there is one. */
  readonly #works = new WeakMap<GoldenSignals, Work>();

  constructor(
    readonly internals: Internals,
    private readonly editions: readonly [Edition, Edition?],
  ) {
    this.clock = internals.registry.clock;
  }

  /** The operation of a title and attributes: get or create. */
  work(key: OperationKey, title: string, attributes: Attributes): Work {
    const { active, activeUnit, ...metric } = OPERATIONS[key];
    const [first, second] = this.#shown(metric);
    const family = this.internals.registry.family(first.descriptor, {
      name: active,
      unit: activeUnit,
      description: "Begun and not ended.",
      named: false,
    });
    const { signals } = family.operation(title, attributes);
    let work = this.#works.get(signals);
    if (work === undefined) {
      const twin = second && this.#histogram(second.descriptor);
      work = new Work(signals, twin);
      this.#works.set(signals, work);
    }
    return work;
  }

  /** No series until the first value. */
  distribution(key: DistributionKey, attributes: Attributes): Distribution {
    const [first, second] = this.#shown(DISTRIBUTIONS[key]);
    const clean = cleanAttributes(attributes, this.internals.registry.tally.attributes);
    const series = ({ descriptor, extra }: Shown): HistogramSeries => {
      const { shared, view } = this.#histogram(descriptor);
      return makeSeries(shared, keepOnly(joinAttributes(clean, extra), view.keep));
    };
    return new Distribution(series(first), second && series(second));
  }

  counter(key: CounterKey, attributes: Attributes): CounterSeries {
    const { registry } = this.internals;
    const instrument = registry.counter({ ...COUNTERS[key], kind: "counter" });
    return registry.bindCounter(instrument, attributes);
  }

  gauge(key: GaugeKey, attributes: Attributes): GaugeSeries {
    const { registry } = this.internals;
    const instrument = registry.gauge({ ...GAUGES[key], kind: "gauge" });
    this.internals.showSaturation(instrument);
    return registry.bindGauge(instrument, attributes);
  }

  /** As the first edition shows it, and as the second one does where that calls it otherwise. */
  #shown(metric: Metric): [Shown, Shown?] {
    const [primary, secondary] = this.editions;
    const first = inEdition(metric, primary);
    const second = secondary && inEdition(metric, secondary);
    return second?.descriptor.name === first.descriptor.name ? [first] : [first, second];
  }

  #histogram(descriptor: Descriptor): HistogramInstrument {
    const { registry } = this.internals;
    const { unit } = descriptor;
    if (unit === "s") {
      return registry.histogram(descriptor, undefined, MS_PER_SECOND, US_PER_SECOND);
    }
    return registry.histogram(descriptor, NUMBERS, isWhole(unit) ? 1 : STEPS);
  }
}

interface Shown {
  readonly descriptor: Descriptor;
  readonly extra: Attributes | undefined;
}

function inEdition({ released, ...latest }: Metric, edition: Edition): Shown {
  const { attributes, ...other } = (edition === "released" ? released : undefined) ?? {};
  return { descriptor: { ...latest, ...other, kind: "histogram" }, extra: attributes };
}

/** Tokens and calls are whole; ratios and rates are not. */
function isWhole(unit: string): boolean {
  return unit !== "1" && !unit.includes("/");
}
