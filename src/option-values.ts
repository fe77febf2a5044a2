import type { Attributes } from "./attributes/attributes.js";
import { layoutFaults } from "./histogram/layout.js";
import type { OutboundOptions } from "./integrations/outbound/options.js";
import { SATURATION_GROUPS, type SaturationGroups } from "./integrations/runtime/groups.js";
import type { AuspexOptions, HistogramRange } from "./options.js";
import { type Checks, isObject, show } from "./readers/checks.js";
import type { Watcher } from "./readers/watcher.js";
import { isAtWork } from "./readers/watching.js";
import type { ServiceName } from "./snapshot/resource.js";
import type { StateStore } from "./state/services.js";

const RANGE = ["lowestUs", "highestUs", "significantDigits"] as const;
const SERVICE = ["name", "version", "namespace", "instanceId"] as const;

/** An object of the host that must have some methods. */
export function methodsOf(
  name: string,
  given: object | undefined,
  methods: readonly string[],
  mend: string,
  checks: Checks,
): void {
  if (given === undefined) return;
  const read: Record<string, unknown> = checks.fields(
    `${name}.`,
    given as Record<string, unknown>,
    methods,
  );
  if (isObject(given) && methods.every((method) => typeof read[method] === "function")) return;
  checks.fault(`${name} is ${show(given)}; give an object with ${mend}`);
}

/** Each watcher once: it belongs to one monitor and has one state. */
export function watchersOf(
  name: string,
  given: unknown,
  mend: string,
  checks: Checks,
): readonly Watcher[] {
  return checks.list(name, given, mend).filter((each, at): each is Watcher => {
    const fields = checks.fields(`${name}[${at}].`, each as Watcher, [
      "name",
      "intervalMs",
      "start",
      "step",
      "stop",
    ]);
    const { start, step, stop, intervalMs } = fields;
    const isWatcher =
      [start, step, stop].every((method) => typeof method === "function") &&
      typeof intervalMs === "number" &&
      intervalMs >= 50;
    if (!isWatcher) checks.fault(`${name}[${at}] is ${show(each)}; ${mend}`);
    else if (isAtWork(each as Watcher)) {
      checks.fault(`${name}[${at}] is at work in another monitor; make one for each`);
    }
    return isWatcher;
  });
}

export function stateOf(given: unknown, checks: Checks): StateStore | string | boolean {
  const mend = "give a folder, a store with load(key) and save(key, value), or false";
  checks.type("state", given, ["string", "boolean", "object"], mend);
  if (isObject(given)) {
    methodsOf("state", given, ["load", "save"], "load(key) and save(key, value)", checks);
    return given as unknown as StateStore;
  }
  return typeof given === "string" || typeof given === "boolean" ? given : true;
}

/** A service whose parts have been read once. */
export function serviceOf(
  given: AuspexOptions["service"],
  checks: Checks,
): string | ServiceName | undefined {
  const parts = isObject(given) ? checks.fields("service.", given, SERVICE) : undefined;
  const name: unknown = parts === undefined ? given : parts.name;
  if (given !== undefined && (typeof name !== "string" || name === "")) {
    checks.fault(
      `service is ${show(given)}; give a name, or { name, version, namespace, instanceId }`,
    );
  }
  for (const key of ["version", "namespace", "instanceId"] as const) {
    checks.type(`service.${key}`, parts?.[key], ["string"], "give a string");
  }
  return (parts as ServiceName | undefined) ?? given;
}

export function attributesOf(given: unknown, checks: Checks): Attributes {
  checks.type("attributes", given, ["object"], "give an object of strings, numbers, booleans");
  const names = checks.names("attributes.", given);
  const attributes = checks.fields("attributes.", given as Record<string, unknown>, names);
  for (const [key, value] of Object.entries(attributes)) {
    if (["string", "number", "boolean"].includes(typeof value)) continue;
    checks.fault(`attributes.${key} is ${show(value)}; give a string, number or boolean`);
  }
  return attributes as Attributes;
}

export function rangeOf(given: unknown, checks: Checks): Required<HistogramRange> {
  const mend = "give { lowestUs, highestUs, significantDigits }";
  checks.type("histogram", given, ["object"], mend);
  const fields = checks.exactly("histogram.", given as HistogramRange, RANGE);
  const range = { lowestUs: 1, highestUs: 3_600_000_000, significantDigits: 2 };
  for (const name of RANGE) {
    const value: unknown = fields[name];
    checks.type(`histogram.${name}`, value, ["number"], "give a whole number");
    if (typeof value === "number") range[name] = value;
  }
  for (const fault of layoutFaults(range.lowestUs, range.highestUs, range.significantDigits)) {
    const named = fault.replace(/\b(lowest|highest)\b/g, "$1Us");
    checks.fault(`histogram.${named}`);
  }
  return range;
}

export function outboundOf(given: unknown, checks: Checks): OutboundOptions | undefined {
  checks.type(
    "outbound",
    given,
    ["boolean", "object"],
    "give true, false, or { template, filter }",
  );
  if (given === false) return undefined;
  const options = checks.exactly("outbound.", given as OutboundOptions, ["template", "filter"]);
  for (const name of ["template", "filter"] as const) {
    checks.type(`outbound.${name}`, options[name], ["function"], "give a function of a request");
  }
  return options;
}

export function saturationOf(given: unknown, checks: Checks): SaturationGroups | false {
  checks.type(
    "saturation",
    given,
    ["boolean", "object"],
    "give true, false, or groups: { gpu: false }",
  );
  if (given === false) return false;
  const groups = checks.exactly("saturation.", given as SaturationGroups, SATURATION_GROUPS);
  for (const name of SATURATION_GROUPS) {
    checks.type(`saturation.${name}`, groups[name], ["boolean"], "give true or false");
  }
  return groups;
}
