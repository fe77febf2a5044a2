import type { FleetOperationSnapshot } from "../fleet/model.js";
import { count, duration, percent } from "./figures.js";
import type { Paint } from "./paint.js";
import { fitted, inert } from "./text.js";
import { type Shown, type Sort, sorted, type View } from "./view.js";

interface Column {
  readonly title: string;
  readonly sort: Sort;
  readonly width: number;
  readonly cell: (operation: FleetOperationSnapshot) => string;
}

const COLUMNS: readonly Column[] = [
  { title: "RATE/S", sort: "rate", width: 9, cell: ({ traffic }) => count(traffic.perSecond) },
  { title: "P50", sort: "p50", width: 9, cell: ({ latency }) => duration(latency.p50) },
  { title: "P95", sort: "p95", width: 9, cell: ({ latency }) => duration(latency.p95) },
  { title: "P99", sort: "p99", width: 9, cell: ({ latency }) => duration(latency.p99) },
  {
    title: "ERRORS",
    sort: "errors",
    width: 9,
    cell: ({ errors }) => (errors.count === 0 ? "–" : percent(errors.ratio)),
  },
  { title: "IN FLIGHT", sort: "in flight", width: 12, cell: ({ inFlight }) => count(inFlight) },
];

const LEAST_NAME = 16;
const MARK = { ascending: "▲", descending: "▼" } as const;

/**
 * The operations of a snapshot as lines: a head, and as many as there is room for.
 * @param rows - room for all of it, the head included
 */
export function tableOf(
  snapshot: Shown,
  view: View,
  columns: number,
  rows: number,
  paint: Paint,
): readonly string[] {
  if (rows < 1) return [];
  const shown = columnsIn(columns);
  const name = columns - shown.reduce((sum, { width }) => sum + width, 0);
  const isMixed = new Set(snapshot.operations.map(({ service }) => service)).size > 1;
  const all = sorted(snapshot.operations, view);
  const skipped = Math.min(view.skipped, Math.max(0, all.length - 1));
  const fits = all.length - skipped <= rows - 1;
  const lines = all.slice(skipped, skipped + (fits ? rows - 1 : Math.max(0, rows - 2)));
  const rest = all.length - skipped - lines.length;
  return [
    paint(headOf(shown, name, view), "head"),
    ...lines.map((operation) => lineOf(operation, shown, name, isMixed, paint)),
    ...(all.length === 0 && rows > 1 ? [paint(fitted("no operations yet", columns), "dim")] : []),
    ...(rest > 0 && rows > 1 ? [paint(fitted(`… ${rest} more`, columns), "dim")] : []),
  ];
}

/** The first columns that leave room for names. */
function columnsIn(columns: number): readonly Column[] {
  let left = columns - LEAST_NAME;
  return COLUMNS.filter(({ width }) => {
    left -= width;
    return left >= 0;
  });
}

function headOf(shown: readonly Column[], name: number, { sort, isAscending }: View): string {
  const mark = isAscending ? MARK.ascending : MARK.descending;
  const title = (text: string, by: Sort): string => (by === sort ? `${text}${mark}` : text);
  const cells = shown.map((column) => {
    return fitted(title(column.title, column.sort), column.width, "right");
  });
  return fitted(title("OPERATION", "name"), name) + cells.join("");
}

function lineOf(
  operation: FleetOperationSnapshot,
  shown: readonly Column[],
  name: number,
  isMixed: boolean,
  paint: Paint,
): string {
  const cells = shown.map(({ sort, width, cell }) => {
    const text = fitted(cell(operation), width, "right");
    return sort === "errors" && operation.errors.count > 0 ? paint(text, "bad") : text;
  });
  return `${fitted(titleOf(operation, isMixed), name - 1)} ${cells.join("")}`;
}

/** Its name, and the attributes that its name does not say. */
function titleOf({ name, attributes, service }: FleetOperationSnapshot, isMixed: boolean): string {
  const more = Object.entries(attributes)
    .filter(([, value]) => !name.includes(String(value)))
    .map(([key, value]) => `${key}=${value}`);
  const text = more.length === 0 ? name : `${name} {${more.join(", ")}}`;
  return inert(isMixed ? `${service}: ${text}` : text);
}
