import type { HistogramPoint, MetricData, NumberPoint } from "../../snapshot/batch.js";
import { boundsFor, ExplicitBuckets } from "../../snapshot/buckets.js";
import type { Metric, Shown } from "./claims.js";
import { exemplarsByBucket } from "./exemplars.js";
import type { Format } from "./format.js";
import { helpText, labels } from "./names.js";
import { canonical, number } from "./numbers.js";
import type { Page } from "./page.js";

const TYPES = {
  histogram: "histogram",
  counter: "counter",
  gauge: "gauge",
  updown: "gauge",
} as const;

/** Labels as they are written, and whether they are ASCII. */
interface Labels {
  readonly text: string;
  readonly isAscii: boolean;
}

interface Buckets {
  readonly buckets: ExplicitBuckets;
  /** What ends each line's labels, `+Inf` the last: `le="0.005"} `. */
  readonly ends: readonly Buffer[];
  /** One a bucket, written anew for each histogram. */
  readonly counts: Float64Array;
}

/**
 * Writes one format, metric by metric and point by point.
 * @see Prometheus, exposition formats; OpenMetrics 1.0
 */
export class Encoder {
  readonly #labels = new WeakMap<object, Labels>();
  readonly #buckets = new Map<string, Buckets>();

  /** @param bounds - explicit bounds by the name of an instrument, before those for its unit */
  constructor(
    readonly format: Format,
    private readonly bounds: Readonly<Record<string, readonly number[]>> = {},
  ) {}

  /** The first lines of a page: who it is about. */
  target(page: Page, attributes: NumberPoint["attributes"]): void {
    const [family, type] = this.format === "text" ? ["target_info", "gauge"] : ["target", "info"];
    const head = `# HELP ${family} Target metadata\n# TYPE ${family} ${type}\n`;
    page.write(`${head}target_info{${labels(attributes)}} 1\n`);
  }

  head(page: Page, { family, sample, unit }: Shown, metric: Metric): void {
    const help = helpText(metric.description || metric.name);
    const type = TYPES[metric.kind];
    if (this.format === "text") {
      page.write(`# HELP ${sample} ${help}\n# TYPE ${sample} ${type}\n`);
      return;
    }
    const unitLine = unit === undefined ? "" : `# UNIT ${family} ${unit}\n`;
    const escaped = help.replace(/"/g, '\\"');
    page.write(`# HELP ${family} ${escaped}\n# TYPE ${family} ${type}\n${unitLine}`);
  }

  /**
   * @param seen - labels of the metric's points so far. `1` and `"1"` are two series here and one in
   *   Prometheus: a later one of the same labels is told apart by its number
   */
  point(
    page: Page,
    { sample }: Shown,
    metric: Metric,
    point: HistogramPoint | NumberPoint,
    seen: Set<string>,
  ): void {
    const { text: own, isAscii } = this.#labelsOf(point.attributes);
    const text = unseen(own, seen);
    if ("histogram" in point) {
      this.#histogram(page, sample, metric, { text, isAscii }, point);
    } else {
      const braces = text === "" ? "" : `{${text}}`;
      page.write(`${sample}${braces} ${number(point.value)}\n`, isAscii);
    }
  }

  /** What a page ends with. */
  end(page: Page): void {
    if (this.format === "openmetrics") page.write("# EOF\n", true);
  }

  #histogram(page: Page, name: string, metric: Metric, text: Labels, point: HistogramPoint): void {
    const { histogram, exemplars = [] } = point;
    const { buckets, ends, counts } = this.#bucketsOf(metric);
    const sum = buckets.read(histogram, counts);
    counts[counts.length - 1] = histogram.count;
    const before = `${name}_bucket{${text.text}${text.text === "" ? "" : ","}`;
    if (this.format === "openmetrics" && exemplars.length > 0) {
      const traced = exemplarsByBucket(exemplars, buckets.bounds);
      ends.forEach((end, i) => {
        page.write(`${before}${end.toString()}${counts[i]}${traced.get(i) ?? ""}\n`, text.isAscii);
      });
    } else page.writeCounts(before, text.isAscii, ends, counts);
    const braces = text.text === "" ? "" : `{${text.text}}`;
    const sumLine = `${name}_sum${braces} ${number(sum)}\n`;
    page.write(`${sumLine}${name}_count${braces} ${histogram.count}\n`, text.isAscii);
  }

  #bucketsOf(metric: Pick<MetricData, "name" | "unit">): Buckets {
    let found = this.#buckets.get(metric.name);
    if (found === undefined) {
      const own = Object.hasOwn(this.bounds, metric.name) ? this.bounds[metric.name] : undefined;
      const bounds = own ?? boundsFor(metric.unit, metric.name);
      const le = this.format === "text" ? number : canonical;
      const ends = [...bounds, Number.POSITIVE_INFINITY].map((bound) => {
        return Buffer.from(`le="${le(bound)}"} `);
      });
      found = { buckets: new ExplicitBuckets(bounds), ends, counts: new Float64Array(ends.length) };
      this.#buckets.set(metric.name, found);
    }
    return found;
  }

  #labelsOf(attributes: NumberPoint["attributes"]): Labels {
    let found = this.#labels.get(attributes);
    if (found === undefined) {
      const text = labels(attributes);
      // biome-ignore lint/suspicious/noControlCharactersInRegex: the range is what is meant
      found = { text, isAscii: /^[\u0000-\u007f]*$/.test(text) };
      this.#labels.set(attributes, found);
    }
    return found;
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
