import { type Attributes, textOf } from "../attributes/attributes.js";
import { readFields } from "../diag/read-fields.js";
import type { BoundCounter } from "./counter.js";
import type { BoundGauge } from "./gauge.js";
import type { BoundHistogram } from "./histogram.js";
import { histogramRange } from "./histogram-range.js";
import type { Registry } from "./registry.js";

export interface InstrumentOptions {
  /** UCUM: `s`, `ms`, `By`, `1` (a ratio), `{request}`. @default "" */
  readonly unit?: string;
  readonly description?: string;
}

export interface HistogramOptions extends InstrumentOptions {
  /** Smallest value told from its neighbours, in the unit. @default 1 µs for times, 1 for bytes, else 0.001 */
  readonly lowest?: number;
  /** Largest value kept without clamping, in the unit. @default 1 h for times, 1 TiB for bytes, else 10⁹ */
  readonly highest?: number;
  /** Significant decimal digits, 1 … 4. @default 2 */
  readonly significantDigits?: number;
}

/** Something that counts up. */
export interface Counter {
  /** The series of these attributes: get or create. Keep it; adding to it is the hot path. */
  bind(attributes?: Attributes): BoundCounter;
  /** `bind(attributes).add(value)`, with the look-up on every call. */
  add(value?: number, attributes?: Attributes): void;
}

/** Something that goes up and down. */
export interface Gauge {
  bind(attributes?: Attributes): BoundGauge;
  set(value: number, attributes?: Attributes): void;
  /** Reads the value once a second instead of having it set. @returns stop */
  observe(read: () => number | Promise<number>, attributes?: Attributes): () => void;
}

/** A distribution of values. */
export interface Histogram {
  bind(attributes?: Attributes): BoundHistogram;
  record(value: number, attributes?: Attributes): void;
}

/** Reads something on the timer and sets what it answers. @returns stop */
export type Observe = (
  read: () => number | Promise<number>,
  set: (value: number) => void,
) => () => void;

export function counter(registry: Registry, name: string, options?: InstrumentOptions): Counter {
  const instrument = registry.counter({ ...described(name, options), kind: "counter" });
  return {
    bind: (attributes) => registry.bindCounter(instrument, attributes),
    add(...[value, attributes]) {
      const series = registry.bindCounter(instrument, attributes);
      // biome-ignore lint/complexity/noArguments: `add()` counts one, `add(undefined)` is a drop
      if (arguments.length === 0) series.add();
      else series.add(value);
    },
  };
}

export function gauge(
  registry: Registry,
  name: string,
  options: InstrumentOptions | undefined,
  observe: Observe,
): Gauge {
  const instrument = registry.gauge({ ...described(name, options), kind: "gauge" });
  return {
    bind: (attributes) => registry.bindGauge(instrument, attributes),
    set: (value, attributes) => registry.bindGauge(instrument, attributes).set(value),
    observe: (read, attributes) => {
      const series = registry.bindGauge(instrument, attributes);
      return observe(read, (value) => series.set(value));
    },
  };
}

export function histogram(
  registry: Registry,
  name: string,
  options?: HistogramOptions | null,
): Histogram {
  const descriptor = described(name, options);
  const { layout, scale } = histogramRange(descriptor, rangeOf(options), registry.diag);
  const instrument = registry.histogram({ ...descriptor, kind: "histogram" }, layout, scale);
  return {
    bind: (attributes) => registry.bindHistogram(instrument, attributes),
    record: (value, attributes) => registry.bindHistogram(instrument, attributes).record(value),
  };
}

/** What is no number becomes one that is out of range: the default is kept, and the diagnostics say so. */
function rangeOf(options?: HistogramOptions | null): Readonly<Record<string, number>> {
  const given = readFields(options, ["lowest", "highest", "significantDigits"]);
  return Object.fromEntries(
    Object.entries<unknown>(given)
      .filter(([, value]) => value !== undefined && value !== null)
      .map(([name, value]) => [name, typeof value === "number" ? value : Number.NaN]),
  );
}

/** Names and units come from foreign code: whatever they are, they become text. */
export function described(
  name: string,
  options?: InstrumentOptions | null,
): { name: string; unit: string; description: string } {
  const { unit = "", description = "" } = readFields(options, ["unit", "description"]);
  return { name: textOf(name), unit: textOf(unit), description: textOf(description) };
}
