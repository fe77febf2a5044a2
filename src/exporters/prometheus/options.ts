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

/** @throws RangeError naming every option that does not fit */
export function resolve(options: PrometheusOptions = {}): ResolvedPrometheusOptions {
  const { name = "prometheus", bounds = {}, include = [] } = options;
  const { sliceMs = 8, openMetrics = true } = options;
  const faults = boundsFaults(bounds);
  if (!(sliceMs > 0 && sliceMs <= 1000)) faults.push(`sliceMs: give a number from 0 to 1000`);
  const isPages = Array.isArray(include) && include.every((page) => isPage(page));
  if (!isPages) faults.push("include: give an array of pages, such as fromPromClient(register)");
  if (faults.length > 0) throw new RangeError(`prometheus: ${faults.join("; ")}`);
  return { name, bounds, sliceMs, openMetrics, include };
}

/** One line for all lists of bounds that do not ascend. */
export function boundsFaults(bounds: Bounds): string[] {
  const faulty = Object.entries(bounds).filter(([, each]) => !ascends(each));
  if (faulty.length === 0) return [];
  const names = faulty.map(([name]) => `bounds["${name}"]`).join(", ");
  return [`${names}: give finite numbers in ascending order`];
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
