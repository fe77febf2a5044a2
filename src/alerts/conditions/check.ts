import { type Checks, isList, isObject, show } from "../../readers/checks.js";
import { checkMatcher, checkMatchers } from "../matcher.js";
import { SEVERITIES } from "../severity.js";
import type { BurnSource, Condition, SloCondition } from "./condition.js";
import { WINDOW_MS } from "./threshold.js";

const MAX_DEPTH = 8;
const MAX_PARTS = 50;
const THRESHOLD = ["above", "below", "resolveAt"] as const;
const FORMS = [
  "signal",
  "saturation",
  "gauge",
  "counter",
  "anomaly",
  "slo",
  "forecast",
  "allOf",
  "anyOf",
  "not",
] as const;
const MEND = `give a function, or an object with one of ${FORMS.join(", ")}`;

type Fields = Readonly<Record<string, unknown>>;

/** A copy of a condition, checked; undefined where that is not possible. */
export function checkCondition(
  name: string,
  given: unknown,
  checks: Checks,
  depth = 0,
): Condition | undefined {
  if (typeof given === "function") return given as Condition;
  const forms = isObject(given) ? FORMS.filter((form) => has(given, form)) : [];
  const [form, ...more] = forms;
  if (form === undefined || more.length > 0 || depth > MAX_DEPTH) {
    checks.fault(`${name} is ${show(given)}; ${depth > MAX_DEPTH ? "nest less deeply" : MEND}`);
    return undefined;
  }
  const from = faultsOf(checks);
  const copy = READ[form](`${name}.`, given as Fields, checks, depth);
  return faultsOf(checks) > from ? undefined : (copy as unknown as Condition);
}

const faultsOf = ({ faults }: Checks): number => faults.length;

function has(given: object, field: string): boolean {
  try {
    return field in given;
  } catch {
    return false;
  }
}

type Reader = (path: string, given: Fields, checks: Checks, depth: number) => Fields;

const READ: Readonly<Record<(typeof FORMS)[number], Reader>> = {
  signal(path, given, checks) {
    const { signal } = checks.fields(path, given, ["signal"]);
    if (signal !== "latency" && signal !== "errors" && signal !== "traffic") {
      checks.fault(`${path}signal is ${show(signal)}; give "latency", "errors" or "traffic"`);
      return given;
    }
    const more = { latency: ["percentile", "minCount"], errors: ["minCount"], traffic: [] };
    const fields = thresholdFields(path, given, ["signal", "operation", ...more[signal]], checks);
    return {
      ...fields,
      operation: checkMatcher(`${path}operation`, fields["operation"], checks),
      ...(signal === "latency" && {
        percentile: checks.number(`${path}percentile`, fields["percentile"], 99, 0, 100, false),
      }),
      ...(signal !== "traffic" && {
        minCount: checks.number(`${path}minCount`, fields["minCount"], 10, 0, 1e9),
      }),
    };
  },
  saturation: (path, given, checks) =>
    named(path, "saturation", given, ["saturation", "value", "mean", "max"], checks),
  gauge: (path, given, checks) =>
    named(path, "gauge", given, ["value", "mean", "min", "max"], checks),
  counter: (path, given, checks) => named(path, "counter", given, undefined, checks),
  anomaly(path, given, checks) {
    const { anomaly } = checks.exactly(path, given, ["anomaly"]);
    const inner = `${path}anomaly.`;
    checks.type(`${path}anomaly`, anomaly ?? null, ["object"], "give {} for all of them");
    const known = ["operation", "attributes", "signal", "severity"] as const;
    const fields = checks.exactly(inner, anomaly as Fields, known);
    checkSeverity(`${inner}severity`, fields.severity, checks);
    return {
      anomaly: {
        ...fields,
        operation: checkMatcher(`${inner}operation`, fields.operation, checks),
        attributes: checkMatchers(`${inner}attributes`, fields.attributes, checks),
        signal: checkMatcher(`${inner}signal`, fields.signal, checks),
      },
    };
  },
  slo(path, given, checks) {
    const { slo, severity } = checks.exactly(path, given, ["slo", "severity"]);
    checkSeverity(`${path}severity`, severity, checks);
    return { slo: checkSlo(`${path}slo`, slo, checks), severity };
  },
  forecast(path, given, checks) {
    const { forecast } = checks.exactly(path, given, ["forecast"]);
    const inner = `${path}forecast.`;
    const mend = "give { saturation, withinMs }";
    checks.type(`${path}forecast`, forecast ?? null, ["object"], mend);
    const known = ["saturation", "attributes", "withinMs"] as const;
    const fields = checks.exactly(inner, forecast as Fields, known);
    return {
      forecast: {
        saturation: checkMatcher(`${inner}saturation`, fields.saturation ?? null, checks),
        attributes: checkMatchers(`${inner}attributes`, fields.attributes, checks),
        withinMs: checks.number(
          `${inner}withinMs`,
          fields.withinMs ?? null,
          3_600_000,
          60_000,
          30 * 86_400_000,
        ),
      },
    };
  },
  allOf: (path, given, checks, depth) => parts(path, "allOf", given, checks, depth),
  anyOf: (path, given, checks, depth) => parts(path, "anyOf", given, checks, depth),
  not(path, given, checks, depth) {
    const { not } = checks.exactly(path, given, ["not"]);
    return { not: checkCondition(`${path}not`, not, checks, depth + 1) };
  },
};

function thresholdFields(
  path: string,
  given: Fields,
  known: readonly string[],
  checks: Checks,
): Fields {
  const all = [...known, ...THRESHOLD, "attributes", "window"];
  const fields: Fields = checks.exactly(path, given, all);
  const at = (name: string) => fields[name] as number | undefined;
  for (const name of THRESHOLD) {
    checks.number(`${path}${name}`, fields[name], 0, -Number.MAX_VALUE, Number.MAX_VALUE, false);
  }
  const [above, below, resolveAt] = THRESHOLD.map(at);
  if ((above === undefined) === (below === undefined)) {
    checks.fault(`${path}above and ${path}below: give one of them`);
  }
  if (above !== undefined && resolveAt !== undefined && resolveAt > above) {
    checks.fault(`${path}resolveAt is ${resolveAt}; give one that is not above ${above}`);
  }
  if (below !== undefined && resolveAt !== undefined && resolveAt < below) {
    checks.fault(`${path}resolveAt is ${resolveAt}; give one that is not below ${below}`);
  }
  const window = fields["window"];
  if (window !== undefined && !(typeof window === "string" && Object.hasOwn(WINDOW_MS, window))) {
    const windows = Object.keys(WINDOW_MS).join('", "');
    checks.fault(`${path}window is ${show(window)}; give one of "${windows}"`);
  }
  const attributes = checkMatchers(`${path}attributes`, fields["attributes"], checks);
  return { ...fields, attributes };
}

function named(
  path: string,
  form: string,
  given: Fields,
  of: readonly string[] | undefined,
  checks: Checks,
): Fields {
  const known = of === undefined ? [form] : [form, "of"];
  const fields = thresholdFields(path, given, known, checks);
  const { of: which } = fields;
  if (of !== undefined && which !== undefined && !of.includes(which as string)) {
    checks.fault(`${path}of is ${show(which)}; give one of "${of.join('", "')}"`);
  }
  return { ...fields, [form]: checkMatcher(`${path}${form}`, fields[form] ?? null, checks) };
}

function checkSlo(name: string, given: unknown, checks: Checks): SloCondition["slo"] | undefined {
  if (!isObject(given) || !has(given, "status")) {
    return checkMatcher(name, given ?? null, checks);
  }
  const source = given as unknown as BurnSource;
  const fields = checks.fields(`${name}.`, source, ["name", "status"]);
  if (typeof fields.name !== "string" || typeof fields.status !== "function") {
    checks.fault(`${name} is ${show(given)}; give a name, or an SLO with name and status()`);
    return undefined;
  }
  // The name is read once; `status` is called on the object itself.
  return { name: fields.name, status: () => source.status() };
}

function parts(
  path: string,
  form: "allOf" | "anyOf",
  given: Fields,
  checks: Checks,
  depth: number,
): Fields {
  const fields: Fields = checks.exactly(path, given, [form]);
  const mend = `give a list of 1 to ${MAX_PARTS} conditions`;
  const list = checks.list(`${path}${form}`, fields[form] ?? null, mend);
  if (isList(fields[form]) && (list.length === 0 || list.length > MAX_PARTS)) {
    checks.fault(`${path}${form} has ${list.length}; ${mend}`);
  }
  const checked = list
    .slice(0, MAX_PARTS)
    .map((each, at) => checkCondition(`${path}${form}[${at}]`, each, checks, depth + 1));
  return { [form]: checked };
}

export function checkSeverity(name: string, given: unknown, checks: Checks): void {
  if (given === undefined || SEVERITIES.includes(given as "info")) return;
  checks.fault(`${name} is ${show(given)}; give "critical", "warning" or "info"`);
}
