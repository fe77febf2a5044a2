import type { MetricData } from "../../snapshot/batch.js";

/** UCUM units as Prometheus spells them; others are left out of the name. */
const UNITS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    s: "seconds",
    ms: "milliseconds",
    us: "microseconds",
    ns: "nanoseconds",
    min: "minutes",
    h: "hours",
    d: "days",
    By: "bytes",
    KiBy: "kibibytes",
    MiBy: "mebibytes",
    GiBy: "gibibytes",
    kBy: "kilobytes",
    MBy: "megabytes",
    GBy: "gigabytes",
    Cel: "celsius",
    Hz: "hertz",
    W: "watts",
    J: "joules",
    V: "volts",
    A: "amperes",
    m: "meters",
    g: "grams",
    "%": "percent",
  }),
);

/** The unit at the end of a metric's name. */
export function unitName({ unit, kind }: Pick<MetricData, "unit" | "kind">): string | undefined {
  return unit === "1" && kind === "gauge" ? "ratio" : UNITS.get(unit);
}

/** `http.server.request.duration` in `s` → `http_server_request_duration_seconds`; no `_total` yet. */
export function familyName(metric: Pick<MetricData, "name" | "unit" | "kind">): string {
  let name = metric.name.replace(/[^a-zA-Z0-9_:]+/g, "_").replace(/^(?=\d)/, "_") || "_";
  const unit = unitName(metric);
  if (metric.kind === "counter") name = name.replace(/(?<=.)_total$/, "");
  if (unit !== undefined && !name.endsWith(`_${unit}`)) name += `_${unit}`;
  return name;
}

export function labelName(key: string): string {
  const name = key.replace(/[^a-zA-Z0-9_]+/g, "_").replace(/^(?=\d)/, "_");
  // Two leading underscores are Prometheus's own, and so is the bound of a bucket.
  return name === "le" ? "le_" : name.replace(/^__+/, "_") || "_";
}

/** Escapes a label value. Lone surrogates have no UTF-8 form and become U+FFFD. */
export function labelValue(value: string): string {
  const text = wellFormed(value);
  return /[\\"\n]/.test(text)
    ? text.replace(/\\/g, "\\\\").replace(/"/g, '\\"').replace(/\n/g, "\\n")
    : text;
}

export function helpText(text: string): string {
  return wellFormed(text).replace(/\\/g, "\\\\").replace(/\n/g, "\\n");
}

/** Lone surrogates have no UTF-8 form and become U+FFFD. */
export function wellFormed(text: string): string {
  return (text as { toWellFormed?(): string }).toWellFormed?.() ?? text;
}

/** `a="1",b="2"`, without braces; values of keys that clean to one name are joined by `;`. */
export function labels(attributes: Readonly<Record<string, string | number | boolean>>): string {
  const byName = new Map<string, string>();
  for (const key of Object.keys(attributes)) {
    const name = labelName(key);
    const value = String(attributes[key]);
    const before = byName.get(name);
    byName.set(name, before === undefined ? value : `${before};${value}`);
  }
  let text = "";
  for (const [name, value] of byName) {
    text += `${text === "" ? "" : ","}${name}="${labelValue(value)}"`;
  }
  return text;
}
