import type { Attributes } from "./attributes/attributes.js";
import { describeError, type Logger } from "./diag/diag.js";
import { layoutFaults } from "./histogram/layout.js";
import type { ExporterEntry, MetricExporter } from "./readers/exporter.js";
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

export type ExporterOption = MetricExporter | PullExporter | ExporterEntry;

export interface AuspexOptions {
  /** Name of the service, else `OTEL_SERVICE_NAME`. @default "unknown_service:node" */
  readonly service?: string | ServiceName;
  /** Resource attributes beside the service's. */
  readonly attributes?: Attributes;
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
  /** Watch event loop, CPU, memory and GC of this process. @default true */
  readonly saturation?: boolean;
  /** Where the library may speak. Without one it is silent. */
  readonly logger?: Logger;
  /** Told what the library reports, the first time of each kind; what it throws is swallowed. */
  readonly onError?: (error: Error) => void;
  /** Source of time; for tests. */
  readonly clock?: Clock;
}

export interface ResolvedEntry {
  readonly exporter: MetricExporter;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly temporality: "cumulative" | "delta";
}

export interface ResolvedOptions {
  readonly service: string | ServiceName | undefined;
  readonly attributes: Attributes;
  readonly intervalMs: number;
  readonly lowestUs: number;
  readonly highestUs: number;
  readonly significantDigits: number;
  readonly cardinalityLimit: number;
  readonly idleSeriesMs: number;
  readonly windowBytes: number;
  readonly push: readonly ResolvedEntry[];
  readonly pull: readonly PullExporter[];
  readonly saturation: boolean;
  readonly logger: Logger | undefined;
  readonly onError: ((error: Error) => void) | undefined;
  readonly clock: Clock;
  /** False under `OTEL_SDK_DISABLED=true`: handles work, but no timer runs and nothing is sent. */
  readonly enabled: boolean;
}

const KNOWN = new Set<string>([
  "service",
  "attributes",
  "intervalMs",
  "histogram",
  "cardinalityLimit",
  "idleSeriesMs",
  "windowBytes",
  "exporters",
  "exportIntervalMs",
  "saturation",
  "logger",
  "onError",
  "clock",
]);

const ENTRY = new Set<string>(["exporter", "intervalMs", "timeoutMs", "temporality"]);

/** Names that later versions will know; until then they may be given as "nothing". */
const LATER = new Set<string>(["views", "detectors", "slos", "alerts", "overheadBudget"]);

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
  const faults: string[] = [];
  const options: AuspexOptions = isObject(given) ? (given as AuspexOptions) : {};
  if (!isObject(given)) faults.push(`options is ${show(given)}; give an object, or nothing`);
  for (const key of Object.keys(options)) {
    const value = (options as Record<string, unknown>)[key];
    if (LATER.has(key)) {
      if (value === undefined || value === false || isEmpty(value)) continue;
      faults.push(`${key} comes with a later version; leave it out`);
    } else if (!KNOWN.has(key)) {
      faults.push(`${key} is not an option; known are ${[...KNOWN].join(", ")}`);
    }
  }
  const number = (
    name: string,
    value: unknown,
    fallback: number,
    min: number,
    max: number,
    whole = true,
  ): number => {
    if (value === undefined) return fallback;
    const fits = typeof value === "number" && value >= min && value <= max;
    if (fits && (!whole || Number.isInteger(value))) return value;
    faults.push(
      `${name} is ${show(value)}; give a ${whole ? "whole " : ""}number from ${min} to ${max}`,
    );
    return fallback;
  };

  const service = options.service;
  const name = isObject(service) ? (service as ServiceName).name : service;
  if (service !== undefined && (typeof name !== "string" || name === "")) {
    faults.push(
      `service is ${show(service)}; give a name, or { name, version, namespace, instanceId }`,
    );
  }
  if (options.attributes !== undefined && !isObject(options.attributes)) {
    faults.push(
      `attributes is ${show(options.attributes)}; give an object of strings, numbers, booleans`,
    );
  }
  for (const [key, value] of Object.entries(options.attributes ?? {})) {
    if (["string", "number", "boolean"].includes(typeof value)) continue;
    faults.push(`attributes.${key} is ${show(value)}; give a string, number or boolean`);
  }
  for (const key of ["version", "namespace", "instanceId"] as const) {
    const value: unknown = isObject(service) ? (service as ServiceName)[key] : undefined;
    if (value === undefined || typeof value === "string") continue;
    faults.push(`service.${key} is ${show(value)}; give a string`);
  }
  for (const key of Object.keys(isObject(options.histogram) ? options.histogram : {})) {
    if (["lowestUs", "highestUs", "significantDigits"].includes(key)) continue;
    faults.push(`histogram.${key} is not an option; give lowestUs, highestUs, significantDigits`);
  }
  if (options.onError !== undefined && typeof options.onError !== "function") {
    faults.push(`onError is ${show(options.onError)}; give a function that takes an Error`);
  }
  const range: HistogramRange = isObject(options.histogram) ? options.histogram : {};
  if (options.histogram !== undefined && !isObject(options.histogram)) {
    faults.push(
      `histogram is ${show(options.histogram)}; give { lowestUs, highestUs, significantDigits }`,
    );
  }
  const { lowestUs = 1, highestUs = 3_600_000_000, significantDigits = 2 } = range;
  for (const fault of layoutFaults(lowestUs, highestUs, significantDigits)) {
    const named = fault.replace(/\b(lowest|highest)\b/g, "$1Us");
    faults.push(`histogram.${named}`);
  }
  if (options.saturation !== undefined && typeof options.saturation !== "boolean") {
    faults.push(`saturation is ${show(options.saturation)}; give true or false`);
  }
  const { logger } = options;
  if (
    logger !== undefined &&
    (typeof logger?.warn !== "function" || typeof logger?.debug !== "function")
  ) {
    faults.push(`logger is ${show(logger)}; give an object with warn(message) and debug(message)`);
  }
  const { clock } = options;
  if (
    clock !== undefined &&
    [clock?.now, clock?.wall, clock?.schedule].some((method) => typeof method !== "function")
  ) {
    faults.push(
      `clock is ${show(clock)}; give an object with now(), wall() and schedule(ms, callback)`,
    );
  }
  const intervalMs = number("intervalMs", options.intervalMs, 1000, 50, 60_000, false);
  const fromEnvironment = Number(environment.OTEL_METRIC_EXPORT_INTERVAL);
  const defaultExportMs = fromEnvironment >= 100 ? Math.floor(fromEnvironment) : 60_000;
  const exportIntervalMs = number(
    "exportIntervalMs",
    options.exportIntervalMs,
    defaultExportMs,
    100,
    86_400_000,
  );
  const push: ResolvedEntry[] = [];
  const pull: PullExporter[] = [];
  resolveExporters(options.exporters, exportIntervalMs, push, pull, faults, number);

  const resolved: ResolvedOptions = {
    service,
    attributes: options.attributes ?? {},
    intervalMs,
    lowestUs,
    highestUs,
    significantDigits,
    cardinalityLimit: number("cardinalityLimit", options.cardinalityLimit, 2000, 1, 1_000_000),
    idleSeriesMs: number("idleSeriesMs", options.idleSeriesMs, 7_200_000, 3_900_000, 2 ** 40),
    windowBytes: number("windowBytes", options.windowBytes, 64 << 20, 65_536, 2 ** 40),
    push,
    pull,
    saturation: options.saturation ?? true,
    logger,
    onError: options.onError,
    clock: clock ?? new SystemClock(),
    enabled: environment.OTEL_SDK_DISABLED?.trim().toLowerCase() !== "true",
  };
  if (faults.length > 0) throw new OptionsError(faults);
  return Object.freeze(resolved);
}

function resolveExporters(
  given: unknown,
  exportIntervalMs: number,
  push: ResolvedEntry[],
  pull: PullExporter[],
  faults: string[],
  number: (name: string, value: unknown, fallback: number, min: number, max: number) => number,
): void {
  if (given === undefined) return;
  if (!Array.isArray(given)) {
    faults.push(`exporters is ${show(given)}; give an array`);
    return;
  }
  const names = new Set<string>();
  given.forEach((each: unknown, at) => {
    const entry = isObject(each) && "exporter" in each ? each : { exporter: each };
    const { exporter } = entry as Partial<ExporterEntry>;
    const { intervalMs, timeoutMs, temporality } = entry as Partial<ExporterEntry>;
    const path = `exporters[${at}]`;
    for (const key of Object.keys(entry === each ? entry : {})) {
      if (ENTRY.has(key)) continue;
      faults.push(`${path}.${key} is not an option; known are ${[...ENTRY].join(", ")}`);
    }
    const isPull =
      isObject(exporter) && typeof (exporter as { attach?: unknown }).attach === "function";
    const isPush = isObject(exporter) && typeof (exporter as MetricExporter).export === "function";
    if ((!isPull && !isPush) || typeof (exporter as { name?: unknown }).name !== "string") {
      faults.push(
        `${path} is ${show(each)}; give an exporter (a name and export(batch, signal)), or { exporter, intervalMs, timeoutMs, temporality }`,
      );
      return;
    }
    const { name } = exporter as MetricExporter;
    if (names.has(name))
      faults.push(`${path} is a second exporter named "${name}"; give it another name`);
    names.add(name);
    if (isPull) {
      pull.push(exporter as unknown as PullExporter);
      return;
    }
    if (temporality !== undefined && temporality !== "cumulative" && temporality !== "delta") {
      faults.push(`${path}.temporality is ${show(temporality)}; give "cumulative" or "delta"`);
    }
    const every = number(`${path}.intervalMs`, intervalMs, exportIntervalMs, 100, 86_400_000);
    const timeout = number(`${path}.timeoutMs`, timeoutMs, Math.min(30_000, every), 1, 86_400_000);
    push.push({
      exporter: exporter as MetricExporter,
      intervalMs: every,
      timeoutMs: Math.min(timeout, every),
      temporality: temporality ?? wantedBy(exporter as MetricExporter, path, faults),
    });
  });
}

function wantedBy(
  exporter: MetricExporter,
  path: string,
  faults: string[],
): "cumulative" | "delta" {
  try {
    const wanted = exporter.temporality?.("histogram") ?? "cumulative";
    if (wanted === "cumulative" || wanted === "delta") return wanted;
    faults.push(`${path}.temporality() is ${show(wanted)}; answer "cumulative" or "delta"`);
  } catch (error) {
    faults.push(`${path}.temporality() threw ${describeError(error)}; answer, or leave it out`);
  }
  return "cumulative";
}

function isObject(value: unknown): value is Record<string, unknown> & object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isEmpty(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function show(value: unknown): string {
  if (typeof value === "string") return JSON.stringify(value.slice(0, 60));
  if (typeof value === "function") return "a function";
  if (typeof value === "bigint" || typeof value === "symbol") return String(value);
  try {
    return JSON.stringify(value)?.slice(0, 80) ?? String(value);
  } catch {
    return "an object";
  }
}
