import { floorTo } from "../../exporters/redis/rollup-steps.js";
import { tiersOf } from "../../exporters/redis/schema.js";
import { Checks, isObject, show } from "../../readers/checks.js";
import type { FleetFilter, RangeQuery } from "./model.js";
import type { ServiceView } from "./view.js";

/** Lengths of steps that people like to see. */
const STEPS_MS = [
  1, 2, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 10_800, 21_600, 43_200, 86_400,
].map((seconds) => seconds * 1000);
const DEFAULT_POINTS = 360;
/** Most points of one series: a longer step is taken instead. */
const MAX_POINTS = 20_000;

export const FILTER = ["service", "operation", "attributes"] as const;
const KNOWN = [...FILTER, "metric", "from", "to", "stepMs", "percentiles"] as const;

/** A query that makes sense. */
export interface ResolvedRange {
  readonly filter: FleetFilter & { readonly metric?: string };
  readonly fromMs: number;
  readonly toMs: number;
  /** undefined: what makes about 360 points. */
  readonly stepMs: number | undefined;
  readonly percentiles: readonly number[];
}

/** @throws RangeError naming everything that is wrong with the query */
export function resolveRange(given: RangeQuery, nowMs: number): ResolvedRange {
  const checks = new Checks();
  if (!isObject(given)) checks.fault(`the query is ${show(given)}; give { from, to, … }`);
  const query = checks.exactly<RangeQuery, (typeof KNOWN)[number]>("", given, KNOWN);
  const filter = filterOf(query, checks);
  const { metric, operation, percentiles = [50, 95, 99] } = query;
  checks.type("metric", metric, ["string"], "give the name of a metric");
  if (metric !== undefined && operation !== undefined) {
    checks.fault("metric and operation are two ways to choose; give one");
  }
  const fromMs = instantOf("from", query.from, checks);
  const toMs = query.to === undefined ? nowMs : instantOf("to", query.to, checks);
  if (fromMs >= toMs) checks.fault(`from is ${fromMs} and to is ${toMs}; give a from before to`);
  const stepMs =
    query.stepMs === undefined
      ? undefined
      : checks.number("stepMs", query.stepMs, 60_000, 1, 366 * 86_400_000);
  const isRanks = (each: unknown) => typeof each === "number" && each >= 0 && each <= 100;
  const list = checks.list("percentiles", percentiles, "give a list: [50, 99]");
  if (!list.every(isRanks) || list.length > 100) {
    checks.fault(`percentiles is ${show(percentiles)}; give at most 100 numbers from 0 to 100`);
  }
  if (checks.faults.length > 0) throw new RangeError(`range: ${checks.faults.join("; ")}`);
  const of = metric === undefined ? filter : { ...filter, metric };
  return { filter: of, fromMs, toMs, stepMs, percentiles: list as readonly number[] };
}

/** What part of the fleet is asked about; what does not fit is a fault. */
export function filterOf(given: FleetFilter, checks: Checks): FleetFilter {
  const { service, operation, attributes } = given;
  const names =
    typeof service === "string"
      ? [service]
      : checks.list("service", service, "give a name, or a list of names");
  if (!names.every((name) => typeof name === "string")) {
    checks.fault(`service is ${show(service)}; give a name, or a list of names`);
  }
  checks.type("operation", operation, ["string"], 'give the name of an operation: "GET *"');
  checks.type(
    "attributes",
    attributes,
    ["object"],
    "give names and values that a series must have",
  );
  return {
    ...(service !== undefined && { service: names as readonly string[] }),
    ...(operation !== undefined && { operation }),
    ...(attributes !== undefined && { attributes: { ...attributes } }),
  };
}

/** How a range is read: the length of a step, and its first and last. */
export interface Steps {
  readonly stepMs: number;
  readonly fromMs: number;
  readonly toMs: number;
}

/** A step that can be read of all that is asked: a multiple of the finest that is kept that far back. */
export function stepsOf(
  { fromMs, toMs, stepMs }: ResolvedRange,
  views: readonly { readonly view: ServiceView; readonly categories: Iterable<string> }[],
): Steps {
  const finest = views.flatMap(({ view, categories }) => {
    return [...categories].map((category) => finestKept(view, category, fromMs));
  });
  const least = finest.reduce(commonMultiple, 1000);
  const span = toMs - fromMs;
  const wanted =
    stepMs ?? STEPS_MS.find((each) => span / each <= DEFAULT_POINTS) ?? span / DEFAULT_POINTS;
  const fewest = Math.max(wanted, span / MAX_POINTS, least);
  const step = Math.ceil(fewest / least) * least;
  return { stepMs: step, fromMs: floorTo(fromMs, step), toMs: Math.ceil(toMs / step) * step };
}

/** The finest step that is still kept of an instant; the coarsest where none is. */
function finestKept({ retention, nowMs }: ServiceView, category: string, atMs: number): number {
  const tiers = tiersOf(retention, category);
  const kept = tiers.find(({ keepMs }) => atMs >= nowMs - keepMs);
  return (kept ?? tiers[tiers.length - 1]).stepMs;
}

function commonMultiple(a: number, b: number): number {
  let [x, y] = [a, b];
  while (y > 0) [x, y] = [y, x % y];
  return (a / x) * b;
}

function instantOf(name: string, given: unknown, checks: Checks): number {
  const ms = given instanceof Date ? given.getTime() : given;
  if (typeof ms === "number" && Number.isFinite(ms) && ms >= 0) return ms;
  checks.fault(`${name} is ${show(given)}; give epoch ms or a date`);
  return name === "from" ? 0 : 1;
}
