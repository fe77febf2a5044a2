import { Checks, isObject, show } from "../readers/checks.js";
import { BURN_RATES, type BurnRate } from "./burn-rate.js";
import type { OperationSelector, SliOption, SnapshotSource } from "./sli.js";
import { CALENDARS, type Calendar, type SloWindow } from "./window.js";

export interface SloOptions {
  /** Names the SLO in metrics, alerts and saved state. */
  readonly name: string;
  /** Which operations count: a name, or any of name, attributes and instrument. @default all */
  readonly operation?: string | OperationSelector;
  /** What is promised. */
  readonly sli: SliOption;
  /** Share of events that must be good, above 0 and below 1. @default 0.999 */
  readonly objective?: number;
  /** The promise holds over the last so many days, 1 … 366. @default 30 */
  readonly windowDays?: number;
  /** The promise holds over periods of the calendar (UTC) instead. */
  readonly calendar?: Calendar;
  /** When to alert. @default 14.4× over 1 h and 5 min, 6× over 6 h and 30 min, 3× over 1 d and 2 h, 1× over 3 d and 6 h */
  readonly burnRates?: readonly BurnRate[];
  /** Fewer events than this in the long window are no ground for an alert. @default 50 */
  readonly minEvents?: number;
  /** Milliseconds between evaluations, 1,000 … 60,000. @default 10_000 */
  readonly intervalMs?: number;
  /** Whose counts: a fleet, say (`redisFleet(…)`), for one SLO over all its processes. @default this process */
  readonly source?: SnapshotSource;
}

export interface ResolvedSloOptions {
  readonly name: string;
  readonly operation: OperationSelector;
  readonly sli: SliOption;
  readonly objective: number;
  readonly window: SloWindow;
  readonly burnRates: readonly BurnRate[];
  readonly minEvents: number;
  readonly intervalMs: number;
  readonly source: SnapshotSource | undefined;
}

const KNOWN = [
  "name",
  "operation",
  "sli",
  "objective",
  "windowDays",
  "calendar",
  "burnRates",
  "minEvents",
  "intervalMs",
  "source",
] as const satisfies readonly (keyof SloOptions)[];

const SLI =
  'give "availability", { latencyMs }, { good: { counter }, total: { counter } }, { freshnessMs, read } or { custom }';

/** All faults of an SLO's options at once, each with its mend. */
export class SloOptionsError extends Error {
  override readonly name = "SloOptionsError";

  constructor(readonly faults: readonly string[]) {
    const list = faults.map((fault) => `\n  - ${fault}`).join("");
    super(`slo: ${faults.length} option${faults.length === 1 ? "" : "s"} to mend:${list}`);
  }
}

/** @throws SloOptionsError listing every fault */
export function resolveSloOptions(given: SloOptions): ResolvedSloOptions {
  const checks = new Checks();
  if (!isObject(given)) checks.fault(`options is ${show(given)}; give { name, operation, sli }`);
  const options = checks.exactly("", given, KNOWN);
  const { name, source, windowDays, calendar } = options;
  if (typeof name !== "string" || name === "") {
    checks.fault(`name is ${show(name)}; give a name that stays the same over restarts`);
  }
  if (calendar !== undefined && !CALENDARS.includes(calendar)) {
    checks.fault(`calendar is ${show(calendar)}; give ${CALENDARS.join(", ")}`);
  }
  if (calendar !== undefined && windowDays !== undefined) {
    checks.fault("windowDays and calendar are both given; give one of them");
  }
  const { snapshot } = checks.fields("source.", source, ["snapshot"]);
  if (source !== undefined && typeof snapshot !== "function") {
    checks.fault(`source is ${show(source)}; give something with snapshot(window), a fleet say`);
  }
  const days = checks.number("windowDays", windowDays, 30, 1, 366, false);
  const resolved: ResolvedSloOptions = {
    name: name ?? "",
    operation: operationOf(options.operation, checks),
    sli: sliOptionOf(options.sli, checks),
    objective: objectiveOf(options.objective, checks),
    window: calendar === undefined ? { days } : { calendar },
    burnRates: burnRatesOf(options.burnRates, checks),
    minEvents: checks.number("minEvents", options.minEvents, 50, 0, 2 ** 40),
    intervalMs: checks.number("intervalMs", options.intervalMs, 10_000, 1000, 60_000),
    source,
  };
  if (source !== undefined && isObject(resolved.sli) && "latencyMs" in resolved.sli) {
    checks.fault(
      "sli.latencyMs is counted where it is recorded, so no source can tell it; let each process count it, and give here { good, total } of its counters auspex.slo.events",
    );
  }
  if (checks.faults.length > 0) throw new SloOptionsError(checks.faults);
  return Object.freeze(resolved);
}

function objectiveOf(given: unknown, checks: Checks): number {
  if (given === undefined) return 0.999;
  if (typeof given === "number" && given > 0 && given < 1) return given;
  checks.fault(`objective is ${show(given)}; give a share above 0 and below 1: 0.999`);
  return 0.999;
}

function operationOf(given: unknown, checks: Checks): OperationSelector {
  if (typeof given === "string") return { name: given };
  const mend = "give a name, or { name, attributes, instrument }";
  checks.type("operation", given, ["object"], mend);
  const selector = checks.exactly("operation.", given as OperationSelector, [
    "name",
    "attributes",
    "instrument",
  ]);
  checks.type("operation.name", selector.name, ["string"], "give a name");
  checks.type("operation.instrument", selector.instrument, ["string"], "give a name");
  checks.type("operation.attributes", selector.attributes, ["object"], "give an object");
  return selector;
}

function sliOptionOf(given: unknown, checks: Checks): SliOption {
  if (given === "availability") return given;
  const fields: Record<string, unknown> = checks.fields("sli.", given as Record<string, unknown>, [
    "latencyMs",
    "good",
    "total",
    "freshnessMs",
    "read",
    "custom",
  ]);
  const { latencyMs, good, total, freshnessMs, read, custom } = fields;
  const isPositive = (value: unknown) =>
    typeof value === "number" && value > 0 && Number.isFinite(value);
  const isCounter = (value: unknown) => isObject(value) && typeof value.counter === "string";
  const isKnown =
    isPositive(latencyMs) ||
    (isCounter(good) && isCounter(total)) ||
    (isPositive(freshnessMs) && typeof read === "function") ||
    typeof custom === "function";
  if (!isKnown) checks.fault(`sli is ${show(given)}; ${SLI}`);
  return isKnown ? (given as SliOption) : "availability";
}

function burnRatesOf(given: unknown, checks: Checks): readonly BurnRate[] {
  if (given === undefined) return BURN_RATES;
  const mend = "give a list: [{ factor: 14.4, longMs: 3_600_000, shortMs: 300_000 }]";
  return checks.list("burnRates", given, mend).map((each, at) => {
    const path = `burnRates[${at}].`;
    const rate = checks.exactly(path, each as BurnRate, [
      "factor",
      "longMs",
      "shortMs",
      "severity",
    ]);
    const { severity } = rate;
    if (severity !== undefined && !["critical", "warning", "info"].includes(severity)) {
      checks.fault(`${path}severity is ${show(severity)}; give "critical", "warning" or "info"`);
    }
    const longMs = checks.number(
      `${path}longMs`,
      rate.longMs ?? Number.NaN,
      1,
      60_000,
      366 * 864e5,
    );
    return {
      factor: checks.number(`${path}factor`, rate.factor ?? Number.NaN, 1, 0.1, 1e6, false),
      longMs,
      shortMs: checks.number(`${path}shortMs`, rate.shortMs ?? Number.NaN, 1, 10_000, longMs),
      ...(severity !== undefined && { severity }),
    };
  });
}
