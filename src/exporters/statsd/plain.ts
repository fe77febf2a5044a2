import type {
  AttributesData,
  HistogramPoint,
  MetricBatch,
  MetricData,
} from "../../snapshot/batch.js";
import { type Encoder, type Point, pack, TakenNames } from "./lines.js";
import { bounded, graphiteTag, pathName, pathNode } from "./names.js";
import { decimal, rateField, ScaledTexts } from "./numbers.js";
import { type Rollup, rollupOf, rollupSuffix } from "./rollups.js";
import { samplesOf } from "./samples.js";

/** Most characters of a name with its attributes. */
const LONGEST = 500;

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

export interface PlainOptions {
  readonly prefix: string;
  readonly tags: AttributesData;
  readonly attributes: "path" | "graphite";
  readonly samples: number;
  readonly percentiles: readonly number[];
  readonly rollups: readonly Rollup[];
  readonly mergeValues: boolean;
  readonly maxLineBytes: number;
}

/**
 * The dialect of the original server. Attributes become part of the name.
 * @see statsd, docs/metric_types.md
 */
export class PlainEncoder implements Encoder {
  readonly #suffixes = new WeakMap<AttributesData, string>();
  readonly #gauges = new TakenNames();
  readonly #texts = new ScaledTexts();

  constructor(private readonly options: PlainOptions) {}

  begin(_batch: MetricBatch): void {
    this.#gauges.clear();
  }

  lines(metric: MetricData, point: Point): readonly string[] | undefined {
    const lines: string[] = [];
    const told =
      "histogram" in point
        ? this.#timings(metric, point, lines)
        : metric.kind === "counter"
          ? this.#number(this.#name(metric, point), point.value, "c", lines)
          : this.#gauge(this.#name(metric, point), point.value, lines);
    return told ? lines : undefined;
  }

  #timings(metric: MetricData, point: HistogramPoint, into: string[]): boolean {
    const { samples, percentiles, mergeValues, maxLineBytes, rollups } = this.options;
    const { histogram } = point;
    if (histogram.count === 0) return true;
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
      ? pack(head, pieces, "", maxLineBytes, into)
      : pieces.every((piece) => pack(head, [piece], "", maxLineBytes, into));
    for (const rollup of fits ? rollups : []) {
      const value = (rollupOf(rollup, histogram) * times) / by;
      this.#gauge(this.#name(metric, point, rollupSuffix(rollup)), value, into);
    }
    return fits;
  }

  #gauge(name: string, value: number, into: string[]): boolean {
    if (!this.#gauges.take(name)) return false;
    if (!(value < 0)) return this.#number(name, value, "g", into);
    // A sign means "by that much" to the server, unless the gauge is at 0.
    const both = `${name}:0|g\n${name}:${decimal(value)}|g`;
    if (!Number.isFinite(value) || both.length > this.options.maxLineBytes) return false;
    into.push(both);
    return true;
  }

  #number(name: string, value: number, type: string, into: string[]): boolean {
    if (!Number.isFinite(value)) return false;
    if (value === 0 && type === "c") return true;
    return pack(`${name}:`, [decimal(value)], `|${type}`, this.options.maxLineBytes, into);
  }

  #name(metric: MetricData, { attributes }: Point, end = ""): string {
    let suffix = this.#suffixes.get(attributes);
    if (suffix === undefined) {
      suffix = this.#suffixOf({ ...this.options.tags, ...attributes });
      this.#suffixes.set(attributes, suffix);
    }
    const base = this.options.prefix + pathName(metric.name);
    const name = this.options.attributes === "path" ? base + suffix + end : base + end + suffix;
    return bounded(name, LONGEST);
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

/** Means have more digits than they are worth: six are left. */
function short(value: number): number {
  const digits = 5 - Math.floor(Math.log10(value));
  if (!(digits > 0)) return Math.round(value);
  const factor = 10 ** Math.min(digits, 20);
  return Math.round(value * factor) / factor;
}
