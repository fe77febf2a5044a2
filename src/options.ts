import type { Attributes } from "./attributes/attributes.js";
import type { Logger } from "./diag/diag.js";
import { layoutFaults } from "./histogram/layout.js";
import type { TraceContext } from "./instruments/exemplars.js";
import type { View } from "./instruments/view.js";
import type { OutboundOptions } from "./integrations/outbound/options.js";
import { SATURATION_GROUPS, type SaturationGroups } from "./integrations/runtime/groups.js";
import { Checks, isList, isObject, show } from "./readers/checks.js";
import {
  type ResolvedPull,
  type ResolvedPush,
  resolveEntries,
  resolveViews,
} from "./readers/entries.js";
import type { ExporterEntry, MetricExporter, PullEntry } from "./readers/exporter.js";
import type { PullExporter } from "./readers/pull.js";
import type { ServiceName } from "./snapshot/resource.js";
import { type Clock, SystemClock } from "./time/clock.js";

/** Range and precision of latency histograms. */
export interface HistogramRange {
  /** Smallest duration told from its neighbours, µs. @default 1 */
  readonly lowestUs?: number;
  /** Longest duration kept without clamping, µs. @default 3_600_000_000 (1 h) */
  readonly highestUs?: number;
  /** Significant decimal digits, 1 … 4. Two are 1 % and 13 KB dense, three 0.1 % and 94 KB. @default 2 */
  readonly significantDigits?: number;
}

export type ExporterOption = MetricExporter | PullExporter | ExporterEntry | PullEntry;

export interface AuspexOptions {
  /** Name of the service, else `OTEL_SERVICE_NAME`. @default "unknown_service:node" */
  readonly service?: string | ServiceName;
  /** Resource attributes beside the service's. */
  readonly attributes?: Attributes;
  /** Tell host, process, container, Kubernetes and cloud from environment and `/proc`. @default true */
  readonly detectResource?: boolean;
  /** Milliseconds between the closings of an interval, 50 … 60_000. @default 1000 */
  readonly intervalMs?: number;
  readonly histogram?: HistogramRange;
  /** Most series of one instrument; what comes beyond goes to one overflow series. @default 2000 */
  readonly cardinalityLimit?: number;
  /** Milliseconds without a value after which a counter or histogram is let go; more than the longest window. @default 7_200_000 */
  readonly idleSeriesMs?: number;
  /** Bytes that the windows of all series may take; beyond, old history coarsens. @default 64 MiB */
  readonly windowBytes?: number;
  readonly exporters?: readonly ExporterOption[];
  /** Milliseconds between exports, else `OTEL_METRIC_EXPORT_INTERVAL`. @default 60_000 */
  readonly exportIntervalMs?: number;
  /** How instruments are shown, in snapshots and by every exporter. @default [] */
  readonly views?: readonly View[];
  /**
   * Keep trace ids of slow and failed work: those of OpenTelemetry's active span, or what a function of
   * yours answers. @default true
   */
  readonly exemplars?: boolean | (() => TraceContext | undefined);
  /** Export what the library knows of itself. @default true */
  readonly selfMetrics?: boolean;
  /**
   * Most of the CPU time of the process that the library may take, 0.001 … 1: above it intervals grow
   * longer, visibly. `false`: no limit. @default 0.02
   */
  readonly overheadBudget?: number | false;
  /**
   * Watch what can run full: event loop, CPU, memory, GC, process, host, disk, network, pressure, GPU; an
   * object switches groups off. @default true
   */
  readonly saturation?: boolean | SaturationGroups;
  /**
   * Record the HTTP requests that this process makes (`fetch`, undici, `node:http`), with templates for
   * their paths where given. @default true
   */
  readonly outbound?: boolean | OutboundOptions;
  /** Where the library may speak. Without one it is silent. */
  readonly logger?: Logger;
  /** Told what the library reports, the first time of each kind; what it throws is swallowed. */
  readonly onError?: (error: Error) => void;
  /** Source of time; for tests. */
  readonly clock?: Clock;
}

export interface ResolvedOptions {
  readonly service: string | ServiceName | undefined;
  readonly attributes: Attributes;
  readonly detectResource: boolean;
  readonly intervalMs: number;
  readonly lowestUs: number;
  readonly highestUs: number;
  readonly significantDigits: number;
  readonly cardinalityLimit: number;
  readonly idleSeriesMs: number;
  readonly windowBytes: number;
  readonly push: readonly ResolvedPush[];
  readonly pull: readonly ResolvedPull[];
  readonly views: readonly View[];
  readonly saturation: SaturationGroups | false;
  /** Undefined: outgoing requests are not watched. */
  readonly outbound: OutboundOptions | undefined;
  readonly exemplars: boolean | (() => TraceContext | undefined);
  /** `OTEL_METRICS_EXEMPLAR_FILTER`. */
  readonly exemplarFilter: string | undefined;
  readonly selfMetrics: boolean;
  /** Infinity: no limit. */
  readonly overheadBudget: number;
  readonly logger: Logger | undefined;
  readonly onError: ((error: Error) => void) | undefined;
  readonly clock: Clock;
  /** False under `OTEL_SDK_DISABLED=true`: handles work, but no timer runs and nothing is sent. */
  readonly enabled: boolean;
}

const KNOWN = [
  "service",
  "attributes",
  "detectResource",
  "intervalMs",
  "histogram",
  "cardinalityLimit",
  "idleSeriesMs",
  "windowBytes",
  "exporters",
  "exportIntervalMs",
  "views",
  "exemplars",
  "selfMetrics",
  "overheadBudget",
  "saturation",
  "outbound",
  "logger",
  "onError",
  "clock",
] as const satisfies readonly (keyof AuspexOptions)[];

const RANGE = ["lowestUs", "highestUs", "significantDigits"] as const;
const SERVICE = ["name", "version", "namespace", "instanceId"] as const;

/** Names that later versions will know; until then they may be given as "nothing". */
const LATER = ["detectors", "slos", "alerts"] as const;
type Later = Readonly<Partial<Record<(typeof LATER)[number], unknown>>>;

/** All faults of the options at once, each with its mend. */
export class OptionsError extends Error {
  override readonly name = "OptionsError";

  constructor(readonly faults: readonly string[]) {
    const list = faults.map((fault) => `\n  - ${fault}`).join("");
    super(`createAuspex: ${faults.length} option${faults.length === 1 ? "" : "s"} to mend:${list}`);
  }
}

/** @throws OptionsError listing every fault */
export function resolveOptions(
  given: AuspexOptions = {},
  environment: Readonly<Record<string, string | undefined>> = process.env,
): ResolvedOptions {
  const checks = new Checks();
  const { faults } = checks;
  if (!isObject(given)) faults.push(`options is ${show(given)}; give an object, or nothing`);
  const later: Record<string, unknown> = checks.fields("", given as Later, LATER);
  for (const [name, value] of Object.entries(later)) {
    if (value === undefined || value === false) continue;
    if (isList(value) && value.length === 0) continue;
    faults.push(`${name} comes with a later version; leave it out`);
  }
  const options: AuspexOptions = checks.exactly("", given, KNOWN, LATER);
  const attributes = attributesOf(options.attributes, checks);
  const service = serviceOf(options.service, checks);
  checks.type("onError", options.onError, ["function"], "give a function that takes an Error");
  const range = rangeOf(options.histogram, checks);
  for (const name of ["selfMetrics", "detectResource"] as const) {
    checks.type(name, options[name], ["boolean"], "give true or false");
  }
  const aboutTraces = "give true, false, or a function that answers { traceId, spanId }";
  checks.type("exemplars", options.exemplars, ["boolean", "function"], aboutTraces);
  const { overheadBudget } = options;
  const { logger } = options;
  const { warn, debug } = checks.fields("logger.", logger, ["warn", "debug"]);
  if (logger !== undefined && [warn, debug].some((method) => typeof method !== "function")) {
    faults.push(`logger is ${show(logger)}; give an object with warn(message) and debug(message)`);
  }
  const { clock } = options;
  const { now, wall, schedule } = checks.fields("clock.", clock, ["now", "wall", "schedule"]);
  if (clock !== undefined && [now, wall, schedule].some((method) => typeof method !== "function")) {
    faults.push(
      `clock is ${show(clock)}; give an object with now(), wall() and schedule(ms, callback)`,
    );
  }
  const intervalMs = checks.number("intervalMs", options.intervalMs, 1000, 50, 60_000, false);
  const fromEnvironment = Number(environment.OTEL_METRIC_EXPORT_INTERVAL);
  const defaultExportMs = fromEnvironment >= 100 ? Math.floor(fromEnvironment) : 60_000;
  const exportIntervalMs = checks.number(
    "exportIntervalMs",
    options.exportIntervalMs,
    defaultExportMs,
    100,
    86_400_000,
  );
  const { push, pull } = resolveEntries(options.exporters, exportIntervalMs, checks);

  const resolved: ResolvedOptions = {
    service,
    attributes,
    detectResource: options.detectResource ?? true,
    intervalMs,
    ...range,
    cardinalityLimit: checks.number(
      "cardinalityLimit",
      options.cardinalityLimit,
      2000,
      1,
      1_000_000,
    ),
    idleSeriesMs: checks.number(
      "idleSeriesMs",
      options.idleSeriesMs,
      7_200_000,
      3_900_000,
      2 ** 40,
    ),
    windowBytes: checks.number("windowBytes", options.windowBytes, 64 << 20, 65_536, 2 ** 40),
    push,
    pull,
    views: resolveViews(options.views, "views", checks),
    exemplars: options.exemplars ?? true,
    exemplarFilter: environment.OTEL_METRICS_EXEMPLAR_FILTER?.trim().toLowerCase(),
    selfMetrics: options.selfMetrics ?? true,
    overheadBudget:
      overheadBudget === false
        ? Number.POSITIVE_INFINITY
        : checks.number("overheadBudget", overheadBudget, 0.02, 0.001, 1, false),
    saturation: saturationOf(options.saturation, checks),
    outbound: outboundOf(options.outbound, checks),
    logger,
    onError: options.onError,
    clock: clock ?? new SystemClock(),
    enabled: environment.OTEL_SDK_DISABLED?.trim().toLowerCase() !== "true",
  };
  if (faults.length > 0) throw new OptionsError(faults);
  return Object.freeze(resolved);
}

/** A service whose parts have been read once. */
function serviceOf(
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

function attributesOf(given: unknown, checks: Checks): Attributes {
  checks.type("attributes", given, ["object"], "give an object of strings, numbers, booleans");
  const names = checks.names("attributes.", given);
  const attributes = checks.fields("attributes.", given as Record<string, unknown>, names);
  for (const [key, value] of Object.entries(attributes)) {
    if (["string", "number", "boolean"].includes(typeof value)) continue;
    checks.fault(`attributes.${key} is ${show(value)}; give a string, number or boolean`);
  }
  return attributes as Attributes;
}

function rangeOf(given: unknown, checks: Checks): Required<HistogramRange> {
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

function outboundOf(given: unknown, checks: Checks): OutboundOptions | undefined {
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

function saturationOf(given: unknown, checks: Checks): SaturationGroups | false {
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
