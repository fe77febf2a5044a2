import type {
  AttributesData,
  HistogramPoint,
  MetricBatch,
  MetricData,
  Resource,
} from "../../snapshot/batch.js";
import { type Encoder, type Point, pack, TakenNames } from "./lines.js";
import { bounded, datadogName, tagKey, tagValue } from "./names.js";
import { decimal, rateField, ScaledTexts } from "./numbers.js";
import { type Rollup, rollupOf, rollupSuffix } from "./rollups.js";

/** Resource attributes that Datadog's unified service tagging knows by other names. */
const UNIFIED: readonly (readonly [string, string])[] = [
  ["service.name", "service"],
  ["service.version", "version"],
  ["deployment.environment.name", "env"],
  ["deployment.environment", "env"],
];

export interface DogstatsdOptions {
  readonly prefix: string;
  readonly tags: AttributesData;
  readonly rollups: readonly Rollup[];
  readonly timestamps: boolean;
  readonly maxLineBytes: number;
}

/**
 * Datadog's dialect: tags, and distributions in which values of one count share a line.
 * @see Datadog, "DogStatsD datagram format and shell usage", v1.1 to v1.3
 */
export class DogstatsdEncoder implements Encoder {
  readonly #taken = new TakenNames();
  readonly #texts = new ScaledTexts();
  #resource: Resource | undefined;
  /** Key → cleaned tag; what every series carries. */
  #common = new Map<string, string>();
  #fields = new WeakMap<AttributesData, string>();
  /** `|c:…`, or nothing. */
  #container = "";
  #time = "";

  constructor(private readonly options: DogstatsdOptions) {
    addTags(this.#common, options.tags);
  }

  begin(batch: MetricBatch): void {
    this.#taken.clear();
    this.#time = this.options.timestamps ? `|T${Math.floor(batch.to / 1000)}` : "";
    if (batch.resource === this.#resource) return;
    this.#resource = batch.resource;
    this.#fields = new WeakMap();
    const { attributes } = batch.resource;
    this.#common = new Map();
    for (const [key, name] of UNIFIED) {
      const value = attributes[key];
      if (value === undefined || String(value).startsWith("unknown_service")) continue;
      if (!this.#common.has(name)) this.#common.set(name, tag(name, value));
    }
    addTags(this.#common, this.options.tags);
    const container = String(attributes["container.id"] ?? "").replace(/[^\w.-]+/g, "");
    this.#container = container === "" ? "" : `|c:${bounded(container, 128)}`;
  }

  lines(metric: MetricData, point: Point): readonly string[] | undefined {
    const lines: string[] = [];
    const head = this.options.prefix + datadogName(metric.name);
    const fields = this.#fieldsOf(point.attributes);
    const told =
      "histogram" in point
        ? this.#distribution(head, fields, point.histogram, lines)
        : this.#number(head, fields, point.value, metric.kind === "counter" ? "c" : "g", lines);
    return told ? lines : undefined;
  }

  /** Tags and container of an event: those of the resource as well, once a batch has told it. */
  eventFields(tags: AttributesData = {}): string {
    return this.#join(tags);
  }

  #distribution(
    name: string,
    fields: string,
    histogram: HistogramPoint["histogram"],
    into: string[],
  ): boolean {
    const { layout, scale, count } = histogram;
    if (count === 0) return true;
    const textOf = this.#texts.scaled(1, scale);
    const byCount = new Map<number, string[]>();
    histogram.forEachSlot((slot, here) => {
      const value = textOf(layout.medianOf(slot));
      const same = byCount.get(here);
      if (same === undefined) byCount.set(here, [value]);
      else same.push(value);
    });
    for (const [each, values] of byCount) {
      const tail = `|d${rateField(each)}${fields}`;
      if (!pack(`${name}:`, values, tail, this.options.maxLineBytes, into)) return false;
    }
    for (const rollup of this.options.rollups) {
      this.#number(name + rollupSuffix(rollup), fields, rollupOf(rollup, histogram), "g", into);
    }
    return true;
  }

  #number(name: string, fields: string, value: number, type: string, into: string[]): boolean {
    if (!Number.isFinite(value)) return false;
    if (value === 0 && type === "c") return true;
    if (type === "g" && !this.#taken.take(name + fields)) return false;
    const tail = `|${type}${fields}${this.#time}`;
    return pack(`${name}:`, [decimal(value)], tail, this.options.maxLineBytes, into);
  }

  #fieldsOf(attributes: AttributesData): string {
    let fields = this.#fields.get(attributes);
    if (fields === undefined) {
      fields = this.#join(attributes);
      this.#fields.set(attributes, fields);
    }
    return fields;
  }

  #join(attributes: AttributesData): string {
    const tags = addTags(new Map(this.#common), attributes);
    const text = tags.size === 0 ? "" : `|#${[...tags.values()].join(",")}`;
    return text + this.#container;
  }
}

/** A later tag of the same key takes the place of an earlier one. */
function addTags(into: Map<string, string>, attributes: AttributesData): Map<string, string> {
  for (const key of Object.keys(attributes)) {
    const name = tagKey(key);
    into.delete(name);
    into.set(name, tag(name, attributes[key]));
  }
  return into;
}

function tag(name: string, value: string | number | boolean): string {
  return `${name}:${tagValue(String(value))}`;
}
