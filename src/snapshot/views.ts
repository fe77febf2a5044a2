import { type InstrumentView, type View, Views } from "../instruments/view.js";
import type { MetricStream } from "./cumulative.js";
import { Merging } from "./merging.js";

export { type View, viewFaults } from "../instruments/view.js";

type Metric = MetricStream["metric"];

/** What one exporter is shown, through its own views. Keep it: merged totals have a memory. */
export function viewed(
  list: readonly View[],
): (streams: Iterable<MetricStream>) => Iterable<MetricStream> {
  if (list.length === 0) return (streams) => streams;
  const views = new Views(list);
  const merging = new Map<string, Merging>();
  return function* (streams) {
    const taken = new Set<string>();
    for (const { metric, points } of streams) {
      const view = views.of(metric.name);
      if (view.drop) continue;
      const as = shown(metric, view, taken);
      taken.add(as.name);
      if (view.keep === undefined) yield { metric: as, points };
      else {
        let merged = merging.get(metric.name);
        if (merged === undefined) {
          merged = new Merging(view.keep);
          merging.set(metric.name, merged);
        }
        yield { metric: as, points: merged.points(metric.kind, points) };
      }
    }
  };
}

/** A name that another instrument has already is not given to a second one. */
function shown(
  metric: Metric,
  { name = metric.name, description = metric.description }: InstrumentView,
  taken: ReadonlySet<string>,
): Metric {
  if (name === metric.name && description === metric.description && !taken.has(name)) return metric;
  const free = [name, metric.name].find((each) => !taken.has(each));
  return { ...metric, name: free ?? `${metric.name}.${metric.kind}`, description };
}
