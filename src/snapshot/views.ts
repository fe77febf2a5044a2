import { attributesKey } from "../attributes/attributes.js";
import { Accumulator } from "../histogram/accumulator.js";
import { type InstrumentView, keepOnly, type View, Views } from "../instruments/view.js";
import type { HistogramPoint, MetricData, NumberPoint } from "./batch.js";
import type { MetricStream } from "./cumulative.js";

export { type View, viewFaults } from "../instruments/view.js";

type Metric = MetricStream["metric"];
type Point = MetricData["points"][number];

/** What one exporter is shown, through its own views. */
export function viewed(
  list: readonly View[],
): (streams: Iterable<MetricStream>) => Iterable<MetricStream> {
  if (list.length === 0) return (streams) => streams;
  const views = new Views(list);
  return function* (streams) {
    for (const stream of streams) {
      const view = views.of(stream.metric.name);
      if (!view.drop) yield { metric: shown(stream.metric, view), points: kept(stream, view.keep) };
    }
  };
}

function shown(metric: Metric, { name, description }: InstrumentView): Metric {
  if (name === undefined && description === undefined) return metric;
  return { ...metric, name: name ?? metric.name, description: description ?? metric.description };
}

/**
 * Points with the attributes that are kept; those that become alike are one: histograms merged, counts
 * added, of gauges the last.
 */
export function kept(
  { metric, points }: MetricStream,
  keep: ReadonlySet<string> | undefined,
): Iterable<Point> {
  return keep === undefined ? points : merged(metric.kind, points, keep);
}

function* merged(
  kind: MetricData["kind"],
  points: Iterable<Point>,
  keep: ReadonlySet<string>,
): Generator<Point> {
  const alike = new Map<string, Point[]>();
  for (const point of points) {
    const attributes = keepOnly(point.attributes, keep);
    const key = attributesKey(attributes);
    const renamed = attributes === point.attributes ? point : { ...point, attributes };
    const group = alike.get(key);
    if (group === undefined) alike.set(key, [renamed]);
    else group.push(renamed);
  }
  // One for all groups, which are of one instrument and so of one layout: `take` leaves it empty.
  let scratch: Accumulator | undefined;
  for (const group of alike.values()) {
    const [first] = group;
    if (group.length === 1) yield first;
    else if ("histogram" in first) {
      scratch ??= new Accumulator(first.histogram.layout);
      yield pooled(group as readonly HistogramPoint[], scratch);
    } else yield sum(kind, group as readonly NumberPoint[]);
  }
}

function sum(kind: MetricData["kind"], group: readonly NumberPoint[]): NumberPoint {
  const last = group[group.length - 1];
  if (kind === "gauge") return last;
  let value = 0;
  for (const point of group) value += point.value;
  return { attributes: last.attributes, value };
}

function pooled(group: readonly HistogramPoint[], scratch: Accumulator): HistogramPoint {
  const [{ attributes, histogram: first }] = group;
  for (const { histogram } of group) scratch.addClosed(histogram);
  const histogram = scratch.take(first.scale);
  const exemplars = group.flatMap((point) => point.exemplars ?? []);
  if (exemplars.length === 0) return { attributes, histogram };
  return { attributes, histogram, exemplars: exemplars.sort((a, b) => a.timeMs - b.timeMs) };
}
