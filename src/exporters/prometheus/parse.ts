import type { Format } from "./format.js";

/** One line of somebody else's page, taken apart. */
export interface ForeignSample {
  readonly name: string;
  /** As they were written, without braces. */
  readonly labels: string;
  readonly value: string;
  /** Epoch ms. */
  readonly timeMs: number | undefined;
  /** `{…} value timestamp`, of OpenMetrics only. */
  readonly exemplar: string | undefined;
}

export interface ForeignFamily {
  /** Without `_total`. */
  readonly name: string;
  readonly type: string;
  /** Unescaped. */
  readonly help: string;
  readonly unit: string;
  readonly samples: readonly ForeignSample[];
}

type Draft = {
  -readonly [K in keyof ForeignFamily]: K extends "samples" ? ForeignSample[] : ForeignFamily[K];
};

const LABEL = String.raw`[a-zA-Z_]\w*="(?:[^"\\\n]|\\.)*"`;
const SAMPLE = new RegExp(
  String.raw`^([a-zA-Z_:][\w:]*)(?:\{((?:${LABEL}(?:, ?|(?=\})))*)\})? +(\S+)(?: +(-?\d+(?:\.\d+)?))?(?: # (\{\S*\} \S+(?: \S+)?))? *$`,
);
const COMMENT = /^# (HELP|TYPE|UNIT) ([a-zA-Z_:][\w:]*)(?: (.*))?$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i;
/** In any case: prom-client writes `Nan`. */
const SPECIAL: ReadonlyMap<string, string> = new Map([
  ["nan", "NaN"],
  ["inf", "+Inf"],
  ["+inf", "+Inf"],
  ["-inf", "-Inf"],
]);
const SUFFIX = /_(?:total|bucket|sum|count|created|info|gcount|gsum)$/;
const LONGEST_LINE = 65_536;

/**
 * Reads a page in the text format 0.0.4 or in OpenMetrics, family by family.
 *
 * Lines that are neither are left out and counted: one bad line must not cost a whole scrape.
 */
export class ForeignParser {
  readonly #families = new Map<string, Draft>();
  readonly #isOpenMetrics: boolean;
  #current: Draft | undefined;
  /** Lines left out. */
  bad = 0;

  constructor(format: Format) {
    this.#isOpenMetrics = format === "openmetrics";
  }

  line(line: string): void {
    if (line === "" || line === "\r") return;
    if (line.length > LONGEST_LINE) this.bad++;
    else if (line.startsWith("#")) this.#comment(line);
    else this.#sample(line);
  }

  families(): ForeignFamily[] {
    return [...this.#families.values()].filter(({ samples }) => samples.length > 0);
  }

  #comment(line: string): void {
    const [, keyword, named = "", text = ""] = COMMENT.exec(line) ?? [];
    if (keyword === undefined) return;
    const family = this.#family(named);
    this.#current = family;
    if (keyword === "TYPE") family.type = text;
    if (keyword === "UNIT") family.unit = text;
    if (keyword === "HELP") {
      family.help = text.replace(/\\(.)/g, (all, character) => {
        if (character === "n") return "\n";
        return character === "\\" || character === '"' ? character : all;
      });
    }
  }

  #sample(line: string): void {
    const [, name, labels = "", text = "", time, exemplar] = SAMPLE.exec(line) ?? [];
    const value = NUMBER.test(text) ? text : SPECIAL.get(text.toLowerCase());
    if (name === undefined || value === undefined) {
      this.bad++;
      return;
    }
    // A time of birth has no place in the text format, and is nobody's series in the other.
    if (this.#isOpenMetrics && name.endsWith("_created")) return;
    const timeMs = time === undefined ? undefined : Number(time) * (this.#isOpenMetrics ? 1000 : 1);
    this.#familyOf(name).samples.push({
      name,
      labels: labels.replace(/,\s*$/, ""),
      value,
      timeMs,
      exemplar,
    });
  }

  #familyOf(sample: string): Draft {
    const { name, type } = this.#current ?? {};
    const isOwn =
      sample === name ||
      (sample.replace(SUFFIX, "") === name && type !== "gauge" && type !== undefined);
    return isOwn ? (this.#current as Draft) : this.#family(sample);
  }

  #family(named: string): Draft {
    // The text format calls a counter by its samples' name.
    const known = this.#families.get(named);
    if (known !== undefined) return known;
    const made = { name: named, type: "untyped", help: "", unit: "", samples: [] };
    this.#families.set(named, made);
    return made;
  }
}
