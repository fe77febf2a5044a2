import type { Format } from "./format.js";
import { helpText } from "./names.js";
import { canonical } from "./numbers.js";
import type { ForeignFamily, ForeignSample } from "./parse.js";

/** Types that only OpenMetrics has, as the text format can say them. */
const AS_TEXT: ReadonlyMap<string, string> = new Map([
  ["unknown", "untyped"],
  ["info", "gauge"],
  ["stateset", "gauge"],
  ["gaugehistogram", "untyped"],
]);

/** Every name that a family takes on the page. */
export function namesOf({ name, type, samples }: ForeignFamily): Set<string> {
  const family = type === "counter" ? name.replace(/_total$/, "") : name;
  return new Set([name, family, ...samples.map((sample) => sample.name)]);
}

/** The head of a family in the format that is asked for, whichever it came in. */
export function foreignHead(family: ForeignFamily, format: Format): string {
  const help = helpText(family.help === "" ? family.name : family.help);
  const [name, type] = headOf(family, format);
  if (format === "text") return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`;
  const { unit } = family;
  const unitLine = unit !== "" && name.endsWith(`_${unit}`) ? `# UNIT ${name} ${unit}\n` : "";
  return `# HELP ${name} ${help.replace(/"/g, '\\"')}\n# TYPE ${name} ${type}\n${unitLine}`;
}

export function foreignLine(sample: ForeignSample, format: Format): string {
  const { name, value, timeMs, exemplar } = sample;
  const isText = format === "text";
  const labels = isText ? sample.labels : sample.labels.replace(BOUND, canonicalBound);
  const braces = labels === "" ? "" : `{${labels}}`;
  const time = timeMs === undefined ? "" : ` ${isText ? Math.round(timeMs) : timeMs / 1000}`;
  const traced = exemplar === undefined || isText || !TRACED.test(name) ? "" : ` # ${exemplar}`;
  return `${name}${braces} ${value}${time}${traced}\n`;
}

const TRACED = /_(?:bucket|total)$/;
const BOUND = /(^|, ?)(le|quantile)="([^"\\]*)"/;

function canonicalBound(all: string, before: string, label: string, bound: string): string {
  const value = Number(bound.replace("Inf", "Infinity"));
  return Number.isNaN(value) ? all : `${before}${label}="${canonical(value)}"`;
}

/**
 * A counter is `x` with samples `x_total` to OpenMetrics, and `x_total` to the text format. One whose
 * samples end in nothing cannot be a counter to OpenMetrics: its type is not known there.
 */
function headOf({ name, type, samples }: ForeignFamily, format: Format): [string, string] {
  if (format === "text") {
    const counted = type === "counter" && samples.every((each) => each.name === `${name}_total`);
    const named = counted ? `${name}_total` : type === "info" ? `${name}_info` : name;
    return [named, AS_TEXT.get(type) ?? type];
  }
  if (type === "untyped") return [name, "unknown"];
  if (type !== "counter") return [name, type];
  const isTotal = samples.every((each) => each.name.endsWith("_total"));
  return isTotal ? [name.replace(/_total$/, ""), "counter"] : [name, "unknown"];
}
