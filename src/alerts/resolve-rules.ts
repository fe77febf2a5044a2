import { type Checks, isList, show } from "../readers/checks.js";
import type { Severity } from "../snapshot/events.js";
import { checkCondition, checkSeverity } from "./conditions/check.js";
import type { Condition } from "./conditions/condition.js";
import type { AlertRule } from "./options.js";
import { type Template, templateOf } from "./template.js";

export interface ResolvedRule {
  readonly name: string;
  /** Undefined: that of the event it is about. */
  readonly severity: Severity | undefined;
  readonly when: Condition;
  readonly forMs: number;
  readonly keepFiringMs: number;
  readonly hysteresis: number;
  readonly cooldownMs: number;
  readonly missing: "ok" | "firing" | "keep";
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: ReadonlyMap<string, Template>;
}

export const DAY_MS = 86_400_000;
const MAX_RULES = 5000;
const MAX_TEXTS = 50;
const MAX_TEXT = 4000;
const MEND = 'give a list: [{ name: "slow", when: { signal: "latency", above: 500 } }]';
const KNOWN = [
  "name",
  "severity",
  "when",
  "forMs",
  "keepFiringMs",
  "hysteresis",
  "cooldownMs",
  "missing",
  "labels",
  "annotations",
] as const satisfies readonly (keyof AlertRule)[];
/** Labels that every alert has: a rule that sets one would hide what it says. */
const TAKEN = ["alertname", "severity", "service", "operation", "incident"];

/** Copies of the rules that have no fault. */
export function resolveRules(given: unknown, checks: Checks): readonly ResolvedRule[] {
  const list = checks.list("rules", given ?? null, MEND);
  if (isList(given) && (list.length === 0 || list.length > MAX_RULES)) {
    checks.fault(`rules has ${list.length}; give 1 to ${MAX_RULES}`);
  }
  const names = new Set<string>();
  return list.slice(0, MAX_RULES).flatMap((each, at) => {
    const before = checks.faults.length;
    const rule = resolveRule(`rules[${at}]`, each, checks);
    if (names.has(rule.name)) {
      checks.fault(`rules[${at}].name is ${show(rule.name)} again; give each rule its own`);
    }
    names.add(rule.name);
    return checks.faults.length > before ? [] : [rule];
  });
}

function resolveRule(path: string, given: unknown, checks: Checks): ResolvedRule {
  checks.type(path, given ?? null, ["object"], "give { name, when }");
  const rule = checks.exactly(`${path}.`, given as Readonly<Record<string, unknown>>, KNOWN);
  const { name, severity, missing = "ok" } = rule;
  if (typeof name !== "string" || name === "" || name.length > 200) {
    checks.fault(`${path}.name is ${show(name)}; give a name of at most 200 characters`);
  }
  checkSeverity(`${path}.severity`, severity, checks);
  if (missing !== "ok" && missing !== "firing" && missing !== "keep") {
    checks.fault(`${path}.missing is ${show(missing)}; give "ok", "firing" or "keep"`);
  }
  const ms = (field: "forMs" | "keepFiringMs" | "cooldownMs") =>
    checks.number(`${path}.${field}`, rule[field], 0, 0, 30 * DAY_MS, false);
  return {
    name: typeof name === "string" ? name : "",
    severity: severity as Severity | undefined,
    when: checkCondition(`${path}.when`, rule.when, checks) ?? (() => false),
    forMs: ms("forMs"),
    keepFiringMs: ms("keepFiringMs"),
    cooldownMs: ms("cooldownMs"),
    hysteresis: checks.number(`${path}.hysteresis`, rule.hysteresis, 0, 0, 1, false),
    missing: missing as ResolvedRule["missing"],
    labels: labelsOf(`${path}.labels`, rule.labels, checks),
    annotations: annotationsOf(`${path}.annotations`, rule.annotations, checks),
  };
}

function labelsOf(name: string, given: unknown, checks: Checks): Readonly<Record<string, string>> {
  const labels = textsOf(name, given, checks);
  for (const label of Object.keys(labels)) {
    if (TAKEN.includes(label)) checks.fault(`${name}.${label} is set by the alert; leave it out`);
  }
  return labels;
}

function annotationsOf(
  name: string,
  given: unknown,
  checks: Checks,
): ReadonlyMap<string, Template> {
  const templates = new Map<string, Template>();
  for (const [key, text] of Object.entries(textsOf(name, given, checks))) {
    const template = templateOf(text);
    if (typeof template === "string") {
      checks.fault(`${name}.${key} ${template}; write {{operation}}, say`);
    } else templates.set(key, template);
  }
  return templates;
}

function textsOf(name: string, given: unknown, checks: Checks): Record<string, string> {
  checks.type(name, given, ["object"], "give an object of texts");
  const keys = checks.names(`${name}.`, given);
  if (keys.length > MAX_TEXTS)
    checks.fault(`${name} has ${keys.length}; give at most ${MAX_TEXTS}`);
  const texts: Record<string, string> = Object.create(null);
  const fields = checks.fields(`${name}.`, given as Record<string, unknown>, keys);
  for (const [key, value] of Object.entries(fields)) {
    if (typeof value === "string" && value.length <= MAX_TEXT) texts[key] = value;
    else checks.fault(`${name}.${key} is ${show(value)}; give a text`);
  }
  return texts;
}
