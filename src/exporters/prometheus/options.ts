import { Checks, isObject, show } from "../../readers/checks.js";
import type { MetricsPage } from "./include.js";

export type Bounds = Readonly<Record<string, readonly number[]>>;

export interface PrometheusOptions {
  /** Tells two of them apart in one monitor. @default "prometheus" */
  readonly name?: string;
  /** Explicit bucket bounds by instrument name, in its unit; before the semantic conventions' own. */
  readonly bounds?: Bounds;
  /** Longest the scrape holds the event loop at a time, in ms. @default 8 */
  readonly sliceMs?: number;
  /** OpenMetrics, with exemplars, for clients that ask for it. @default true */
  readonly openMetrics?: boolean;
  /** Pages of other libraries to show as well: `fromPromClient(register)`. @default [] */
  readonly include?: readonly MetricsPage[];
}

export type ResolvedPrometheusOptions = Required<PrometheusOptions>;

const KNOWN = ["name", "bounds", "sliceMs", "openMetrics", "include"] as const;

/** @throws RangeError naming every option that does not fit */
export function resolve(options?: PrometheusOptions): ResolvedPrometheusOptions {
  const checks = new Checks();
  const given = checks.exactly("", options, KNOWN);
  const { name = "prometheus", openMetrics = true } = given;
  checkName(name, checks);
  const bounds = boundsOf(given.bounds, checks);
  const sliceMs = checks.number("sliceMs", given.sliceMs, 8, 0.1, 1000, false);
  checks.type("openMetrics", openMetrics, ["boolean"], "give true or false");
  const mend = "give an array of pages, such as fromPromClient(register)";
  const include = checks.list("include", given.include, mend);
  if (!include.every((page) => isPage(page))) checks.fault(`include has what is no page; ${mend}`);
  if (checks.faults.length > 0) throw new RangeError(`prometheus: ${checks.faults.join("; ")}`);
  return { name, bounds, sliceMs, openMetrics, include: include as readonly MetricsPage[] };
}

export function checkName(name: unknown, checks: Checks): void {
  if (typeof name === "string" && /^\S+$/.test(name)) return;
  checks.fault(`name is ${show(name)}; give a name without spaces`);
}

/** The bounds that are given; one fault for all lists of them that do not ascend. */
export function boundsOf(given: unknown, checks: Checks): Bounds {
  checks.type("bounds", given, ["object"], "give lists of numbers by instrument name");
  if (!isObject(given)) return {};
  const names = checks.names("bounds.", given);
  const lists = checks.fields("bounds.", given, names);
  const faulty = Object.keys(lists).filter((name) => !ascends(lists[name]));
  if (faulty.length > 0) {
    const named = faulty.map((name) => `bounds["${name}"]`).join(", ");
    checks.fault(`${named}: give finite numbers in ascending order`);
  }
  return lists as Bounds;
}

function ascends(bounds: unknown): boolean {
  return (
    Array.isArray(bounds) &&
    bounds.every((bound, i) => Number.isFinite(bound) && (i === 0 || bound > bounds[i - 1]))
  );
}

function isPage(page: unknown): boolean {
  return typeof (page as Partial<MetricsPage> | null)?.read === "function";
}
