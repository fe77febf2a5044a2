import { describeError } from "../diag/diag.js";
import type { Temporality } from "../snapshot/batch.js";
import { type View, viewFaults } from "../snapshot/views.js";
import { type Checks, isList, isObject, show } from "./checks.js";
import type { ExporterEntry, MetricExporter } from "./exporter.js";
import type { PullExporter } from "./pull.js";

/** A push exporter and its pace, complete. */
export interface ResolvedPush {
  readonly exporter: MetricExporter;
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly temporality: Temporality;
  readonly views: readonly View[];
}

export interface ResolvedPull {
  readonly exporter: PullExporter;
  readonly views: readonly View[];
}

/** The pace of exporters that have none of their own. */
export interface Pace {
  readonly intervalMs: number;
  /** The host wants this interval, whatever an exporter's own default. */
  readonly isAsked: boolean;
  /** Longest one export may take. @default 30_000 */
  readonly timeoutMs?: number;
}

const FIELDS = ["exporter", "intervalMs", "timeoutMs", "temporality", "views"] as const;
const VIEW_FIELDS = ["instrument", "name", "description", "drop", "attributes"] as const;

/** What is looked at to tell push from pull. */
type AnyExporter = MetricExporter & PullExporter;

/** Tells push from pull exporters and completes their entries; what does not fit is a fault of `checks`. */
export function resolveEntries(
  given: unknown,
  pace: Pace,
  checks: Checks,
): { push: ResolvedPush[]; pull: ResolvedPull[] } {
  const push: ResolvedPush[] = [];
  const pull: ResolvedPull[] = [];
  const names = new Set<string>();
  checks.list("exporters", given, "give an array").forEach((each, at) => {
    const path = `exporters[${at}]`;
    const entry = entryOf(each, path, checks);
    const exporter = entry.exporter as AnyExporter;
    const { name, attach, ...told } = checks.fields(`${path}.`, exporter, [
      "name",
      "attach",
      "export",
    ]);
    const isPull = typeof attach === "function";
    if ((!isPull && typeof told.export !== "function") || typeof name !== "string") {
      checks.fault(
        `${path} is ${show(each)}; give an exporter (a name and export(batch, signal)), or { exporter, intervalMs, timeoutMs, temporality, views }`,
      );
      return;
    }
    if (names.has(name))
      checks.fault(`${path} is a second exporter named "${name}"; give it another name`);
    names.add(name);
    const views = resolveViews(entry.views, `${path}.views`, checks);
    if (isPull) pull.push({ exporter, views });
    else push.push({ exporter, views, ...paceOf(entry, path, pace, checks) });
  });
  return { push, pull };
}

/** An entry, or the exporter alone. */
function entryOf(each: unknown, path: string, checks: Checks): Partial<ExporterEntry> {
  const given = each as ExporterEntry;
  const { exporter } = checks.fields(`${path}.`, given, ["exporter"]);
  return exporter === undefined
    ? { exporter: given as unknown as MetricExporter }
    : checks.exactly(`${path}.`, given, FIELDS);
}

function paceOf(
  entry: Partial<ExporterEntry>,
  path: string,
  pace: Pace,
  checks: Checks,
): Pick<ResolvedPush, "intervalMs" | "timeoutMs" | "temporality"> {
  const { temporality } = entry;
  if (temporality !== undefined && temporality !== "cumulative" && temporality !== "delta") {
    checks.fault(`${path}.temporality is ${show(temporality)}; give "cumulative" or "delta"`);
  }
  const { defaultIntervalMs } = checks.fields(`${path}.`, entry.exporter, ["defaultIntervalMs"]);
  const every = checks.number(
    `${path}.intervalMs`,
    entry.intervalMs ?? (pace.isAsked ? undefined : defaultIntervalMs),
    pace.intervalMs,
    100,
    86_400_000,
  );
  const timeout = checks.number(
    `${path}.timeoutMs`,
    entry.timeoutMs,
    Math.min(pace.timeoutMs ?? 30_000, every),
    1,
    86_400_000,
  );
  return {
    intervalMs: every,
    timeoutMs: Math.min(timeout, every),
    temporality: temporality ?? wantedBy(entry.exporter as MetricExporter, path, checks),
  };
}

/** Frozen copies of views: what their owner does to the list later changes nothing. */
export function resolveViews(given: unknown, path: string, checks: Checks): readonly View[] {
  const list = checks.list(path, given, "give a list: [{ instrument, … }]");
  const views = list.map((view, at) => viewOf(view, `${path}[${at}].`, checks));
  checks.faults.push(...viewFaults(views, path));
  return Object.freeze(views as View[]);
}

function viewOf(given: unknown, path: string, checks: Checks): unknown {
  if (!isObject(given)) return given;
  const names = new Set([...VIEW_FIELDS, ...checks.names(path, given)]);
  const view = checks.fields(path, given, [...names]);
  if (!isList(view.attributes)) return Object.freeze(view);
  const attributes = checks.list(`${path}attributes`, view.attributes, "give a list of names");
  return Object.freeze({ ...view, attributes: Object.freeze(attributes) });
}

function wantedBy(exporter: MetricExporter, path: string, checks: Checks): "cumulative" | "delta" {
  try {
    const wanted = exporter.temporality?.("histogram") ?? "cumulative";
    if (wanted === "cumulative" || wanted === "delta") return wanted;
    checks.fault(`${path}.temporality() is ${show(wanted)}; answer "cumulative" or "delta"`);
  } catch (error) {
    checks.fault(`${path}.temporality() threw ${describeError(error)}; answer, or leave it out`);
  }
  return "cumulative";
}
