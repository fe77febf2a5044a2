import type { Attributes } from "./attributes/attributes.js";
import {
  type DetectionOptions,
  type ResolvedDetectionOptions,
  resolveDetection,
} from "./detectors/watch/options.js";
import type { Logger } from "./diag/diag.js";
import type { TraceContext } from "./instruments/exemplars.js";
import type { View } from "./instruments/view.js";
import type { OutboundOptions } from "./integrations/outbound/options.js";
import type { SaturationGroups } from "./integrations/runtime/groups.js";
import {
  attributesOf,
  methodsOf,
  outboundOf,
  rangeOf,
  saturationOf,
  serviceOf,
  stateOf,
  watchersOf,
} from "./option-values.js";
import { Checks, isObject, show } from "./readers/checks.js";
import {
  type ResolvedPull,
  type ResolvedPush,
  resolveEntries,
  resolveViews,
} from "./readers/entries.js";
import type { ExporterEntry, MetricExporter, PullEntry } from "./readers/exporter.js";
import type { PullExporter } from "./readers/pull.js";
import type { Watcher } from "./readers/watcher.js";
import type { ServiceName } from "./snapshot/resource.js";
import type { StateStore } from "./state/services.js";
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
  /**
   * Watch latency, traffic, errors and saturation for anomalies, which `on("anomaly")` tells of.
   * @default true
   */
  readonly detectors?: boolean | DetectionOptions;
  /** SLOs to keep: `slo(…)` of `auspex/slo`. @default [] */
  readonly slos?: readonly Watcher[];
  /** Alert rules: `alerts(…)` of `auspex/alerts`. */
  readonly alerts?: Watcher;
  /** What else looks at snapshots at a pace of its own. @default [] */
  readonly watchers?: readonly Watcher[];
  /**
   * Where detectors, SLOs and alerts keep what they learned over restarts: a folder, a store, or `false`
   * for nowhere. @default Redis where it is an exporter, else `~/.local/state/auspex/<service>`
   */
  readonly state?: StateStore | string | boolean;
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
  /** Undefined: nothing is watched for anomalies. */
  readonly detectors: ResolvedDetectionOptions | undefined;
  /** SLOs, alerts, and what else looks at snapshots. */
  readonly watchers: readonly Watcher[];
  /** A store, or the folder of one; true: the default folder. */
  readonly state: StateStore | string | boolean;
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
  "detectors",
  "slos",
  "alerts",
  "watchers",
  "state",
  "saturation",
  "outbound",
  "logger",
  "onError",
  "clock",
] as const satisfies readonly (keyof AuspexOptions)[];

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
  const options: AuspexOptions = checks.exactly("", given, KNOWN);
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
  const { logger, clock } = options;
  methodsOf("logger", logger, ["warn", "debug"], "warn(message) and debug(message)", checks);
  const clockMethods = "now(), wall() and schedule(ms, callback)";
  methodsOf("clock", clock, ["now", "wall", "schedule"], clockMethods, checks);
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
  const isAsked = options.exportIntervalMs !== undefined || fromEnvironment >= 100;
  const exportTimeout = Number(environment.OTEL_METRIC_EXPORT_TIMEOUT);
  const timeoutMs = exportTimeout >= 1 ? Math.floor(exportTimeout) : undefined;
  const pace = { intervalMs: exportIntervalMs, isAsked, timeoutMs };
  const { push, pull } = resolveEntries(options.exporters, pace, checks);

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
    detectors: resolveDetection(options.detectors, checks),
    watchers: [
      ...watchersOf("slos", options.slos, "give a list: [slo({ … })]", checks),
      ...watchersOf("alerts", options.alerts && [options.alerts], "give alerts({ … })", checks),
      ...watchersOf("watchers", options.watchers, "give a list of watchers", checks),
    ],
    state: stateOf(options.state, checks),
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
