import { describeError } from "../diag/diag.js";
import type { Temporality } from "../snapshot/batch.js";
import { type View, viewFaults } from "../snapshot/views.js";
import { type Checks, isObject, show } from "./checks.js";
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

const FIELDS = ["exporter", "intervalMs", "timeoutMs", "temporality", "views"];

/** Tells push from pull exporters and completes their entries; what does not fit is a fault of `checks`. */
export function resolveEntries(
  given: unknown,
  exportIntervalMs: number,
  checks: Checks,
): { push: ResolvedPush[]; pull: ResolvedPull[] } {
  const push: ResolvedPush[] = [];
  const pull: ResolvedPull[] = [];
  if (given === undefined) return { push, pull };
  if (!Array.isArray(given)) {
    checks.fault(`exporters is ${show(given)}; give an array`);
    return { push, pull };
  }
  const names = new Set<string>();
  given.forEach((each: unknown, at) => {
    const entry = isObject(each) && "exporter" in each ? each : { exporter: each };
    const { exporter } = entry as Partial<ExporterEntry>;
    const { intervalMs, timeoutMs, temporality, views } = entry as Partial<ExporterEntry>;
    const path = `exporters[${at}]`;
    if (entry === each) checks.keys(`${path}.`, entry, FIELDS);
    const isPull =
      isObject(exporter) && typeof (exporter as { attach?: unknown }).attach === "function";
    const isPush = isObject(exporter) && typeof (exporter as MetricExporter).export === "function";
    if ((!isPull && !isPush) || typeof (exporter as { name?: unknown }).name !== "string") {
      checks.fault(
        `${path} is ${show(each)}; give an exporter (a name and export(batch, signal)), or { exporter, intervalMs, timeoutMs, temporality, views }`,
      );
      return;
    }
    const { name } = exporter as MetricExporter;
    if (names.has(name))
      checks.fault(`${path} is a second exporter named "${name}"; give it another name`);
    names.add(name);
    if (views !== undefined) checks.faults.push(...viewFaults(views, `${path}.views`));
    if (isPull) {
      pull.push({ exporter: exporter as unknown as PullExporter, views: views ?? [] });
      return;
    }
    if (temporality !== undefined && temporality !== "cumulative" && temporality !== "delta") {
      checks.fault(`${path}.temporality is ${show(temporality)}; give "cumulative" or "delta"`);
    }
    const every = checks.number(
      `${path}.intervalMs`,
      intervalMs,
      exportIntervalMs,
      100,
      86_400_000,
    );
    const timeout = checks.number(
      `${path}.timeoutMs`,
      timeoutMs,
      Math.min(30_000, every),
      1,
      86_400_000,
    );
    push.push({
      exporter: exporter as MetricExporter,
      intervalMs: every,
      timeoutMs: Math.min(timeout, every),
      temporality: temporality ?? wantedBy(exporter as MetricExporter, path, checks),
      views: views ?? [],
    });
  });
  return { push, pull };
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
