import { Accumulator } from "../../histogram/accumulator.js";
import type { ClosedHistogram } from "../../histogram/closed-histogram.js";
import { Layout, layoutFaults } from "../../histogram/layout.js";
import type { SeriesDescriptor } from "./series.js";

/** A series that payloads can be read of. */
export type KnownSeries = {
  readonly id: string;
  readonly descriptor: SeriesDescriptor;
} & (
  | { readonly kind: "histogram"; readonly layout: Layout; readonly scale: number }
  | { readonly kind: "counter" | "gauge" }
);

/** Layouts of one arrangement are one object, with one accumulator: it is as large as the layout. */
export class Layouts {
  readonly #layouts = new Map<string, Layout>();
  readonly #accumulators = new Map<Layout, Accumulator>();

  /** @returns undefined for a descriptor that nothing can be shown of */
  series(id: string, descriptor: SeriesDescriptor): KnownSeries | undefined {
    const { kind, scale } = descriptor;
    if (!isSound(descriptor)) return undefined;
    if (kind === "counter") return { id, descriptor, kind };
    if (kind !== "histogram") return { id, descriptor, kind: "gauge" };
    const layout = this.#layoutOf(descriptor);
    if (layout === undefined || scale === undefined) return undefined;
    return { id, descriptor, kind, layout, scale };
  }

  /** One histogram with the values of all, which have one layout and scale. */
  pool(histograms: readonly ClosedHistogram[]): ClosedHistogram {
    const [first] = histograms;
    if (histograms.length === 1) return first;
    let accumulator = this.#accumulators.get(first.layout);
    if (accumulator === undefined) {
      accumulator = new Accumulator(first.layout);
      this.#accumulators.set(first.layout, accumulator);
    }
    for (const each of histograms) accumulator.addClosed(each);
    return accumulator.take(first.scale);
  }

  #layoutOf({ layout: given }: SeriesDescriptor): Layout | undefined {
    if (given === undefined) return undefined;
    const [lowest, highest, significantDigits] = given;
    const key = given.join(" ");
    let layout = this.#layouts.get(key);
    if (layout === undefined) {
      if (layoutFaults(lowest, highest, significantDigits).length > 0) return undefined;
      layout = new Layout({ lowest, highest, significantDigits });
      this.#layouts.set(key, layout);
    }
    return layout;
  }
}

const OUTCOMES: readonly unknown[] = ["ok", "error", "aborted", undefined];

/** Whether what is beyond its bare shape is of the types that it says. */
function isSound({ attributes, signals }: SeriesDescriptor): boolean {
  if (!isFlat(attributes)) return false;
  if (signals === undefined) return true;
  const { instrument, name, outcome, type = "" } = signals;
  const isText = [instrument, name, type].every((text) => typeof text === "string");
  return isText && OUTCOMES.includes(outcome) && isFlat(signals.attributes);
}

function isFlat(attributes: object): boolean {
  return Object.values(attributes).every((value) => {
    return typeof value === "string" || typeof value === "number" || typeof value === "boolean";
  });
}
