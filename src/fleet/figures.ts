import type { ClosedHistogram } from "../histogram/closed-histogram.js";
import type { Latency } from "../snapshot/latency.js";
import type { HistogramSnapshot, HistogramView } from "../snapshot/model.js";

type Own = Pick<HistogramSnapshot, "name" | "attributes" | "unit" | "perSecond">;

/** Figures that are data, and the distribution they came from, which stays out of the JSON. */
export function histogramSnapshot<T extends Own>(own: T, figures: Latency): T & HistogramSnapshot {
  const { histogram } = figures;
  const percentile = (p: number): number => histogram.percentile(p);
  const snapshot = { ...own, ...figures, percentile, histogram };
  Object.defineProperty(snapshot, "histogram", { enumerable: false });
  return Object.freeze(snapshot);
}

/** Behind every view of a monitor is a closed histogram; the model names only what readers need. */
export function closed(view: HistogramView): ClosedHistogram {
  return view as unknown as ClosedHistogram;
}
