import { attributesKey } from "../attributes/attributes.js";
import { Accumulator } from "../histogram/accumulator.js";
import { keepOnly } from "../instruments/view.js";
import type { AttributesData, HistogramPoint, MetricData, NumberPoint } from "./batch.js";

type Kind = MetricData["kind"];
type Point = MetricData["points"][number];

/** Series of one instrument that are alike without the attributes that are left out. */
interface Group {
  readonly attributes: AttributesData;
  readonly startTimeMs: number | undefined;
  /** What members held that have expired: the group's total must not shrink with them. */
  gone: Point | undefined;
  living: Point[];
}

/**
 * The points of one instrument with only some of their attributes; those that become alike are one:
 * histograms merged, counts added, of gauges the last.
 *
 * Totals never shrink while a group has a living member; when all have expired it begins anew, as a
 * series does.
 */
export class Merging {
  #members = new Map<string, Point>();
  #groups = new Map<string, Group>();
  #scratch: Accumulator | undefined;

  constructor(private readonly keep: ReadonlySet<string>) {}

  *points(kind: Kind, points: Iterable<Point>): Generator<Point> {
    const members = new Map<string, Point>();
    for (const group of this.#groups.values()) group.living = [];
    for (const point of points) {
      members.set(attributesKey(point.attributes), point);
      this.#groupOf(point).living.push(point);
    }
    if (kind === "histogram" || kind === "counter") this.#retire(kind, members);
    for (const [key, { living }] of this.#groups) {
      if (living.length === 0) this.#groups.delete(key);
    }
    for (const group of [...this.#groups.values()]) yield this.#sum(kind, group);
  }

  /** Those seen last time that are no more, or live anew, leave what they held to their group. */
  #retire(kind: Kind, members: Map<string, Point>): void {
    for (const [key, last] of this.#members) {
      if (members.get(key)?.startTimeMs === last.startTimeMs && members.has(key)) continue;
      const group = this.#groupOf(last);
      group.gone = this.#add(kind, group, group.gone === undefined ? [last] : [group.gone, last]);
    }
    this.#members = members;
  }

  #groupOf(point: Point): Group {
    const attributes = keepOnly(point.attributes, this.keep);
    const key = attributesKey(attributes);
    let group = this.#groups.get(key);
    if (group === undefined) {
      group = { attributes, startTimeMs: point.startTimeMs, gone: undefined, living: [] };
      this.#groups.set(key, group);
    }
    return group;
  }

  #sum(kind: Kind, group: Group): Point {
    const { living, gone } = group;
    return this.#add(kind, group, gone === undefined ? living : [gone, ...living]);
  }

  #add(kind: Kind, { attributes, startTimeMs }: Group, points: readonly Point[]): Point {
    const start = startTimeMs === undefined ? {} : { startTimeMs };
    const [first] = points;
    if ("histogram" in first) {
      const merged = this.#pool(points as readonly HistogramPoint[]);
      return { attributes, ...start, ...merged, ...this.#signals(points as HistogramPoint[]) };
    }
    const numbers = points as readonly NumberPoint[];
    if (kind === "gauge") return { attributes, value: numbers[numbers.length - 1].value };
    return { attributes, ...start, value: numbers.reduce((sum, { value }) => sum + value, 0) };
  }

  /** Members of one operation and one outcome are still of it, with what is left of its attributes. */
  #signals([first, ...rest]: readonly HistogramPoint[]): Pick<HistogramPoint, "signals"> {
    const { signals } = first;
    if (signals === undefined) return {};
    const isAlike = rest.every(
      ({ signals: other }) =>
        other?.name === signals.name &&
        other.outcome === signals.outcome &&
        other.type === signals.type,
    );
    if (!isAlike) return {};
    return { signals: { ...signals, attributes: keepOnly(signals.attributes, this.keep) } };
  }

  #pool(points: readonly HistogramPoint[]): Pick<HistogramPoint, "histogram" | "exemplars"> {
    const [{ histogram: first }] = points;
    const exemplars = points.flatMap((point) => point.exemplars ?? []);
    const shown =
      exemplars.length === 0 ? {} : { exemplars: exemplars.sort((a, b) => a.timeMs - b.timeMs) };
    if (points.length === 1) return { histogram: first, ...shown };
    // All are of one instrument and so of one layout; `take` leaves it empty for the next group.
    this.#scratch ??= new Accumulator(first.layout);
    for (const { histogram } of points) this.#scratch.addClosed(histogram);
    return { histogram: this.#scratch.take(first.scale), ...shown };
  }
}
