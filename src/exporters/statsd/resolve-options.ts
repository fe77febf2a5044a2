import { SystemClock } from "../../time/clock.js";
import { type Environment, isPort, socketPath, tagsFrom, targetFrom } from "./environment.js";
import type { ResolvedStatsdOptions, StatsdOptions } from "./options.js";
import { isRollup } from "./rollups.js";

const COMMON = [
  "name",
  "dialect",
  "host",
  "port",
  "path",
  "prefix",
  "tags",
  "rollups",
  "maxDatagramBytes",
  "dnsTtlMs",
  "lookup",
  "clock",
];
const ONLY = {
  statsd: ["attributes", "samples", "percentiles", "mergeValues"],
  dogstatsd: ["timestamps"],
};
const KNOWN = new Set([...COMMON, ...ONLY.statsd, ...ONLY.dogstatsd]);

/** @throws RangeError listing every fault of the options, and of the environment where it counts */
export function resolveStatsdOptions(
  given: StatsdOptions = {},
  environment: Environment = process.env,
): ResolvedStatsdOptions {
  const faults: string[] = [];
  const options: StatsdOptions = isObject(given) ? given : {};
  const expect = (fine: boolean, name: string, value: unknown, wanted: string): void => {
    if (!fine) faults.push(`${name} is ${show(value)}; give ${wanted}`);
  };
  expect(isObject(given), "options", given, "an object, or nothing");
  const { dialect = "statsd" } = options;
  const isDatadog = dialect === "dogstatsd";
  expect(isDatadog || dialect === "statsd", "dialect", dialect, '"statsd" or "dogstatsd"');
  for (const key of Object.keys(options)) {
    if (!KNOWN.has(key)) faults.push(`${key} is not an option; known are ${[...KNOWN].join(", ")}`);
    else if (ONLY[isDatadog ? "statsd" : "dogstatsd"].includes(key)) {
      const other = isDatadog ? "statsd" : "dogstatsd";
      faults.push(`${key} is for the dialect "${other}"; leave it out, or set dialect`);
    }
  }

  const { name = dialect } = options;
  expect(typeof name === "string" && /^\S+$/.test(name), "name", name, "a name without spaces");
  const said = options.host ?? options.port ?? options.path;
  const fallback = isDatadog
    ? targetFrom(
        said === undefined ? environment : { ...environment, DD_DOGSTATSD_URL: "" },
        faults,
      )
    : {};
  const { host = fallback.host ?? "127.0.0.1", port = fallback.port ?? 8125 } = options;
  expect(typeof host === "string" && /^[^\s/]+$/.test(host), "host", host, "a host name or an IP");
  expect(isPort(port), "port", port, "a whole number from 1 to 65535");
  let { path = said === undefined ? fallback.path : undefined } = options;
  if (path !== undefined) {
    if (typeof path !== "string") expect(false, "path", path, "the path of a socket");
    else if (path !== fallback.path) path = socketPath("path", path, faults);
    if (options.host !== undefined || options.port !== undefined) {
      faults.push("path and host or port are both given; give one way to send");
    }
  }

  const { prefix = "", tags = {}, rollups = [], percentiles = [50, 75, 90, 95, 99] } = options;
  const isPrefix =
    typeof prefix === "string" &&
    prefix.length <= 100 &&
    /^(?:[\w-]+(?:\.[\w-]+)*\.?)?$/.test(prefix);
  const wanted = "letters, digits, _ and -, with dots between, at most 100 characters";
  expect(isPrefix, "prefix", prefix, wanted);
  expect(isObject(tags), "tags", tags, "an object of strings, numbers, booleans");
  for (const [key, value] of Object.entries(isObject(tags) ? tags : {})) {
    const fine = ["string", "number", "boolean"].includes(typeof value);
    expect(fine, `tags.${key}`, value, "a string, number or boolean");
  }
  const isRollups = Array.isArray(rollups) && rollups.every(isRollup);
  expect(isRollups, "rollups", rollups, 'a list of "min", "max", "mean", "p99", "p99.9", …');
  const isPercentiles = Array.isArray(percentiles) && percentiles.every((p) => p > 0 && p <= 100);
  expect(isPercentiles, "percentiles", percentiles, "a list of numbers above 0, up to 100");
  const { attributes = "path", mergeValues = true, timestamps = false } = options;
  const isStyle = attributes === "path" || attributes === "graphite";
  expect(isStyle, "attributes", attributes, '"path" or "graphite"');
  expect(typeof mergeValues === "boolean", "mergeValues", mergeValues, "true or false");
  expect(typeof timestamps === "boolean", "timestamps", timestamps, "true or false");
  const whole = (
    key: "samples" | "maxDatagramBytes" | "dnsTtlMs",
    otherwise: number,
    min: number,
    max: number,
  ) => {
    const value = options[key] ?? otherwise;
    const fine = Number.isInteger(value) && value >= min && value <= max;
    expect(fine, key, value, `a whole number from ${min} to ${max}`);
    return value;
  };
  const samples = whole("samples", 100, 10, 10_000);
  const bytes = path === undefined ? 1432 : 8192;
  const maxDatagramBytes = whole("maxDatagramBytes", bytes, 128, 65_507);
  const dnsTtlMs = whole("dnsTtlMs", 60_000, 0, 86_400_000);
  const { lookup, clock = new SystemClock() } = options;
  expect(
    lookup === undefined || typeof lookup === "function",
    "lookup",
    lookup,
    "a function that takes a host name and resolves to { address }, or a list of them",
  );
  expect(typeof clock?.now === "function", "clock", clock, "an object with now()");
  if (faults.length > 0) {
    const list = faults.map((fault) => `\n  - ${fault}`).join("");
    throw new RangeError(
      `statsd: ${faults.length} option${faults.length === 1 ? "" : "s"} to mend:${list}`,
    );
  }
  return Object.freeze({
    name,
    dialect,
    host: host.replace(/^\[(.*)\]$/, "$1"),
    port,
    path,
    prefix: prefix === "" ? "" : prefix.replace(/\.?$/, "."),
    tags: Object.freeze({ ...(isDatadog ? tagsFrom(environment) : {}), ...tags }),
    attributes,
    samples,
    percentiles: [...percentiles].sort((a, b) => a - b),
    mergeValues,
    rollups: [...rollups],
    timestamps,
    maxDatagramBytes,
    dnsTtlMs,
    lookup,
    clock,
  });
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function show(value: unknown): string {
  if (typeof value === "function") return "a function";
  try {
    return (JSON.stringify(value) ?? String(value)).slice(0, 80);
  } catch {
    return typeof value;
  }
}
