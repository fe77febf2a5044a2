import type {
  AttributesData,
  HistogramPoint,
  MetricBatch,
  MetricData,
} from "../../snapshot/batch.js";
import { type Encoded, type Encoder, LineWriter, type Point } from "./lines.js";
import { graphiteTag, pathName, pathNode, plainName } from "./names.js";
import { decimal, rateField, ScaledTexts } from "./numbers.js";
import type { ResolvedStatsdOptions } from "./options.js";
import { rollupOf, rollupSuffix } from "./rollups.js";
import { samplesOf } from "./samples.js";

/** Milliseconds of one unit, as a fraction of whole numbers: 50,175 µs are 50.175 ms and not a hair more. */
const MILLISECONDS = new Map<string, readonly [number, number]>([
  ["ns", [1, 1_000_000]],
  ["us", [1, 1000]],
  ["ms", [1, 1]],
  ["s", [1000, 1]],
  ["min", [60_000, 1]],
  ["h", [3_600_000, 1]],
  ["d", [86_400_000, 1]],
]);
const AS_IT_IS = [1, 1] as const;

/**
 * The dialect of the original server. Attributes become part of the name.
 * @see statsd, docs/metric_types.md
 */
export class PlainEncoder implements Encoder {
  readonly #suffixes = new WeakMap<AttributesData, string>();
  readonly #gauges = new Set<string>();
  readonly #texts = new ScaledTexts();

  constructor(private readonly options: ResolvedStatsdOptions) {}

  begin(_batch: MetricBatch): void {
    this.#gauges.clear();
  }

  encode(metric: MetricData, point: Point): Encoded {
    const into = new LineWriter(this.options.maxDatagramBytes, this.#gauges);
    if ("histogram" in point) this.#timings(metric, point, into);
    else if (metric.kind !== "counter") gauge(this.#name(metric, point), point.value, into);
    else if (point.value !== 0) into.number(`${this.#name(metric, point)}:`, point.value, "|c");
    return into;
  }

  #timings(metric: MetricData, point: HistogramPoint, into: LineWriter): void {
    const { samples, percentiles, mergeValues, rollups } = this.options;
    const { histogram } = point;
    if (histogram.count === 0) return;
    const [times, by] = MILLISECONDS.get(metric.unit) ?? AS_IT_IS;
    const { values, weights } = samplesOf(histogram, samples, percentiles);
    const head = `${this.#name(metric, point)}:`;
    const textOf = this.#texts.scaled(times, histogram.scale * by);
    const pieces: string[] = [];
    let weight = 1;
    let tail = "|ms";
    for (let i = 0; i < values.length; i++) {
      if (weights[i] !== weight) {
        weight = weights[i];
        tail = `|ms${rateField(weight)}`;
      }
      const value = values[i];
      const isSlot = Number.isInteger(value);
      const text = isSlot
        ? textOf(value)
        : decimal(short((value * times) / (histogram.scale * by)));
      pieces.push(text + tail);
    }
    const fits = mergeValues
      ? into.values(head, pieces, "")
      : pieces.every((piece) => into.values(head, [piece], ""));
    for (const rollup of fits ? rollups : []) {
      const value = (rollupOf(rollup, histogram) * times) / by;
      gauge(this.#name(metric, point, rollupSuffix(rollup)), value, into);
    }
  }

  #name(metric: MetricData, { attributes }: Point, end = ""): string {
    let suffix = this.#suffixes.get(attributes);
    if (suffix === undefined) {
      suffix = this.#suffixOf({ ...this.options.tags, ...attributes });
      this.#suffixes.set(attributes, suffix);
    }
    return plainName(pathName(this.options.prefix, metric.name), suffix, end);
  }

  #suffixOf(attributes: AttributesData): string {
    const graphite = this.options.attributes === "graphite";
    let suffix = "";
    for (const key of Object.keys(attributes).sort()) {
      const value = String(attributes[key]);
      suffix += graphite
        ? `;${graphiteTag(key)}=${graphiteTag(value)}`
        : `.${pathNode(`${key}_${value}`)}`;
    }
    return suffix;
  }
}

/** A sign means "by that much" to the server, unless the gauge is at 0. */
function gauge(name: string, value: number, into: LineWriter): void {
  const head = `${name}:`;
  into.number(value < 0 ? `${head}0|g\n${head}` : head, value, "|g", name);
}

/** Means have more digits than they are worth: six are left. */
function short(value: number): number {
  const digits = 5 - Math.floor(Math.log10(value));
  if (!(digits > 0)) return Math.round(value);
  const factor = 10 ** Math.min(digits, 20);
  return Math.round(value * factor) / factor;
}
