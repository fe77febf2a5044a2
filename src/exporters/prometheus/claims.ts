import type { MetricData } from "../../snapshot/batch.js";
import { familyName, unitName } from "./names.js";

export type Metric = Omit<MetricData, "points">;

/** How an instrument is called on the page. */
export interface Shown {
  /** Name of the metric family: `jobs_done`. */
  readonly family: string;
  /** Name its samples begin with: `jobs_done_total`. */
  readonly sample: string;
  /** The family's last word, where that is its unit. */
  readonly unit: string | undefined;
}

/** Two instruments that Prometheus cannot tell apart by name. */
export interface Collision {
  /** Instruments by their own names: the one that came later, and the one that has the name. */
  readonly later: string;
  readonly first: string;
  /** The name both would have. */
  readonly name: string;
  /** What the later one is called instead. */
  readonly shown: string;
}

/** Suffixes of the samples of each kind, in either format; the family's bare name is its own as well. */
const SUFFIXES: Readonly<Record<MetricData["kind"], readonly string[]>> = {
  histogram: ["_bucket", "_sum", "_count", "_created"],
  counter: ["_total", "_created"],
  gauge: [],
  updown: [],
};

/**
 * Who has which name. Different instruments may clean to one name (`jobs.done`, `jobs_done`): whoever
 * comes first keeps it, later ones get a number, and each collision is told once with both originals.
 *
 * Names stay as they were given: a series must not change its name from one scrape to the next.
 */
export class NameClaims {
  readonly #shown = new Map<string, Shown>();
  readonly #owners = new Map<string, string>([
    ["target", "the resource"],
    ["target_info", "the resource"],
  ]);

  constructor(private readonly onCollision: (collision: Collision) => void = () => {}) {}

  /**
   * Get or claim. Pure but for the first call for an instrument.
   * @param nth - of the metrics of one page that are alike in name, kind and unit: views can make them so
   */
  claim(metric: Metric, nth = 1): Shown {
    const key = `${nth} ${keyOf(metric)}`;
    let shown = this.#shown.get(key);
    if (shown === undefined) {
      shown = this.#take(metric);
      this.#shown.set(key, shown);
    }
    return shown;
  }

  /** The instrument that has a name of a family or a sample. */
  owner(name: string): string | undefined {
    return this.#owners.get(name);
  }

  #take(metric: Metric): Shown {
    const wanted = familyName(metric);
    const names = (family: string) => [family, ...SUFFIXES[metric.kind].map((end) => family + end)];
    const taken = names(wanted).find((each) => this.#owners.has(each));
    let family = wanted;
    for (let i = 2; names(family).some((each) => this.#owners.has(each)); i++) {
      family = `${wanted}_${i}`;
    }
    const first = taken === undefined ? undefined : this.#owners.get(taken);
    for (const each of names(family)) this.#owners.set(each, metric.name);
    const total = metric.kind === "counter" ? "_total" : "";
    if (first !== undefined) {
      const shown = family + total;
      this.onCollision({ later: metric.name, first, name: taken ?? wanted, shown });
    }
    const unit = unitName(metric);
    return { family, sample: family + total, unit: family.endsWith(`_${unit}`) ? unit : undefined };
  }
}

/** What makes a metric the same one on every page. */
export function keyOf({ kind, unit, name }: Metric): string {
  return `${kind} ${unit} ${name}`;
}

/** A collision in words. */
export function describeCollision({ later, first, name, shown }: Collision): string {
  return `"${later}" and "${first}" are both "${name}" to Prometheus; "${later}" is shown as "${shown}"`;
}
