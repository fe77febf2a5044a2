import type {
  AttributesData,
  HistogramPoint,
  MetricBatch,
  MetricData,
  Resource,
} from "../../snapshot/batch.js";
import { FilledSlots } from "../../snapshot/filled-slots.js";
import { type Encoded, type Encoder, LineWriter, type Point } from "./lines.js";
import { bounded, datadogName, tag, tagKey } from "./names.js";
import { decimal, rateField, SlotTexts } from "./numbers.js";
import type { ResolvedStatsdOptions } from "./options.js";
import { rollupOf, rollupSuffix } from "./rollups.js";

/** Resource attributes that Datadog's unified service tagging knows by other names. */
const UNIFIED: readonly (readonly [string, string])[] = [
  ["service.name", "service"],
  ["service.version", "version"],
  ["deployment.environment.name", "env"],
  ["deployment.environment", "env"],
];

/**
 * Datadog's dialect: tags, and distributions in which values of one count share a line.
 * @see Datadog, "DogStatsD datagram format and shell usage", v1.1 to v1.3
 */
export class DogstatsdEncoder implements Encoder {
  readonly #taken = new Set<string>();
  readonly #texts = new SlotTexts();
  readonly #filled = new FilledSlots();
  #resource: Resource | undefined;
  /** Key → cleaned tag; what every series carries. */
  #common = new Map<string, string>();
  #fields = new WeakMap<AttributesData, string>();
  /** `|c:…`, or nothing. */
  #container = "";
  #time = "";

  constructor(private readonly options: ResolvedStatsdOptions) {
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
      if (!this.#common.has(name)) this.#common.set(name, tag(name, String(value)));
    }
    addTags(this.#common, this.options.tags);
    const container = String(attributes["container.id"] ?? "").replace(/[^\w.-]+/g, "");
    this.#container = container === "" ? "" : `|c:${bounded(container, 128)}`;
  }

  encode(metric: MetricData, point: Point): Encoded {
    const into = new LineWriter(this.options.maxDatagramBytes, this.#taken);
    const name = datadogName(this.options.prefix, metric.name);
    const fields = this.#fieldsOf(point.attributes);
    if ("histogram" in point) this.#distribution(name, fields, point.histogram, into);
    else if (metric.kind !== "counter") this.#gauge(name, fields, point.value, into);
    else if (point.value !== 0) this.#count(name, fields, point.value, into);
    return into;
  }

  /** Tags and container of an event: those of the resource as well, once a batch has told it. */
  eventFields(tags: AttributesData = {}): string {
    return this.#join(tags);
  }

  #distribution(
    name: string,
    fields: string,
    histogram: HistogramPoint["histogram"],
    into: LineWriter,
  ): void {
    const { layout, scale, bytes, start, end } = histogram;
    const texts = this.#texts.of(layout, scale);
    this.#filled.read(layout, bytes, start, end);
    const { slots, counts, length } = this.#filled;
    const byCount = new Map<number, string[]>();
    for (let i = 0; i < length; i++) {
      const slot = slots[i];
      let text = texts[slot];
      if (text === undefined) {
        text = decimal(layout.medianOf(slot) / scale);
        texts[slot] = text;
      }
      const same = byCount.get(counts[i]);
      if (same === undefined) byCount.set(counts[i], [text]);
      else same.push(text);
    }
    for (const [each, values] of byCount) {
      if (!into.values(`${name}:`, values, `|d${rateField(each)}${fields}`)) return;
    }
    for (const rollup of histogram.count === 0 ? [] : this.options.rollups) {
      this.#gauge(name + rollupSuffix(rollup), fields, rollupOf(rollup, histogram), into);
    }
  }

  #gauge(name: string, fields: string, value: number, into: LineWriter): void {
    into.number(`${name}:`, value, `|g${fields}${this.#time}`, `g${name}${fields}`);
  }

  /** The Agent adds counts up, but not those with a timestamp: it passes them on, and the last one stays. */
  #count(name: string, fields: string, value: number, into: LineWriter): void {
    const soleName = this.options.timestamps ? `c${name}${fields}` : undefined;
    into.number(`${name}:`, value, `|c${fields}${this.#time}`, soleName);
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
    into.set(name, tag(name, String(attributes[key])));
  }
  return into;
}
