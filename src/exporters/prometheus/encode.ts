import type { HistogramPoint, MetricData, NumberPoint } from "../../snapshot/batch.js";
import { boundsFor, ExplicitBuckets } from "../../snapshot/buckets.js";
import { helpText, labels, metricName } from "./names.js";

const TYPES = {
  histogram: "histogram",
  counter: "counter",
  gauge: "gauge",
  updown: "gauge",
} as const;

type Metric = Omit<MetricData, "points">;

/**
 * Writes the text format 0.0.4, metric by metric and point by point.
 * @see Prometheus, exposition formats
 */
export class TextEncoder {
  readonly #labels = new WeakMap<object, string>();
  readonly #buckets = new Map<
    string,
    { buckets: ExplicitBuckets; les: string[]; counts: Float64Array }
  >();

  /** @param bounds - explicit bounds by the name of an instrument, before those for its unit */
  constructor(private readonly bounds: Readonly<Record<string, readonly number[]>> = {}) {}

  name(metric: Metric): string {
    return metricName(metric);
  }

  head(name: string, metric: Metric): string {
    const help = helpText(metric.description || metric.name);
    return `# HELP ${name} ${help}\n# TYPE ${name} ${TYPES[metric.kind]}\n`;
  }

  /**
   * @param seen - labels of the metric's points so far. `1` and `"1"` are two series here and one in
   *   Prometheus: a later one of the same labels is told apart by its number
   */
  point(
    name: string,
    metric: Metric,
    point: HistogramPoint | NumberPoint,
    seen: Set<string>,
  ): string {
    const text = unseen(this.#labelsOf(point.attributes), seen);
    if ("histogram" in point) return this.#histogram(name, metric, text, point);
    return `${name}${text === "" ? "" : `{${text}}`} ${number(point.value)}\n`;
  }

  #histogram(name: string, metric: Metric, text: string, { histogram }: HistogramPoint): string {
    const { buckets, les, counts } = this.#bucketsOf(metric);
    const sum = buckets.read(histogram, counts);
    const before = `${name}_bucket{${text}${text === "" ? "" : ","}le="`;
    let out = "";
    for (let i = 0; i < les.length; i++) out += `${before}${les[i]}"} ${counts[i]}\n`;
    const braces = text === "" ? "" : `{${text}}`;
    return `${out}${before}+Inf"} ${histogram.count}\n${name}_sum${braces} ${number(sum)}\n${name}_count${braces} ${histogram.count}\n`;
  }

  #bucketsOf(metric: Metric) {
    let found = this.#buckets.get(metric.name);
    if (found === undefined) {
      const bounds = this.bounds[metric.name] ?? boundsFor(metric.unit);
      const buckets = new ExplicitBuckets(bounds);
      found = { buckets, les: bounds.map(number), counts: new Float64Array(bounds.length) };
      this.#buckets.set(metric.name, found);
    }
    return found;
  }

  #labelsOf(attributes: NumberPoint["attributes"]): string {
    let text = this.#labels.get(attributes);
    if (text === undefined) {
      text = labels(attributes);
      this.#labels.set(attributes, text);
    }
    return text;
  }
}

function unseen(text: string, seen: Set<string>): string {
  let free = text;
  for (let i = 2; seen.has(free); i++) {
    free = `${text}${text === "" ? "" : ","}auspex_series="${i}"`;
  }
  seen.add(free);
  return free;
}

function number(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
}
