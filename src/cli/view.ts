import type { FleetOperationSnapshot, FleetSnapshot } from "../fleet/model.js";
import type { WindowName } from "../window/rolling-window.js";

/** Columns that a table can be sorted by. */
export const SORTS = ["name", "rate", "p50", "p95", "p99", "errors", "in flight"] as const;
export type Sort = (typeof SORTS)[number];

export const WINDOWS: readonly WindowName[] = ["10s", "1m", "5m", "1h", "total"];

/** What somebody looks at: moved by keys, rendered with each snapshot. */
export interface View {
  readonly sort: Sort;
  readonly isAscending: boolean;
  /** Operations that are scrolled past. */
  readonly skipped: number;
  readonly window: WindowName;
}

export interface Size {
  readonly columns: number;
  /** Infinity: all that there is. */
  readonly rows: number;
}

/** A snapshot, and how far it can be trusted. */
export interface Shown extends FleetSnapshot {
  /** An earlier one: the fleet cannot be read now. */
  readonly stale?: boolean;
  /** Why it cannot be read. */
  readonly reason?: string;
}

export function firstView(window: WindowName): View {
  return { sort: "rate", isAscending: false, skipped: 0, window };
}

/** What a key makes of a view; undefined: it ends. Other keys change nothing. */
export function afterKey(view: View, key: string, operations: number): View | undefined {
  switch (key) {
    case "q":
    case "ctrl-c":
      return undefined;
    case "left":
      return { ...view, sort: next(SORTS, view.sort, -1), skipped: 0 };
    case "right":
      return { ...view, sort: next(SORTS, view.sort, 1), skipped: 0 };
    case "r":
      return { ...view, isAscending: !view.isAscending, skipped: 0 };
    case "up":
      return { ...view, skipped: Math.max(0, view.skipped - 1) };
    case "down":
      return { ...view, skipped: Math.min(Math.max(0, operations - 1), view.skipped + 1) };
    case "w":
      return { ...view, window: next(WINDOWS, view.window, 1) };
    default:
      return view;
  }
}

const KEYS: readonly (readonly [bytes: string, key: string])[] = [
  ["\u001b[A", "up"],
  ["\u001b[B", "down"],
  ["\u001b[C", "right"],
  ["\u001b[D", "left"],
  ["\u001bOA", "up"],
  ["\u001bOB", "down"],
  ["\u001bOC", "right"],
  ["\u001bOD", "left"],
  ["\u0003", "ctrl-c"],
];

/** The keys in what a terminal sent. */
export function keysIn(typed: string): string[] {
  const keys: string[] = [];
  for (let at = 0; at < typed.length; ) {
    const known = KEYS.find(([bytes]) => typed.startsWith(bytes, at));
    keys.push(known?.[1] ?? (typed[at] as string).toLowerCase());
    at += known?.[0].length ?? 1;
  }
  return keys;
}

/** Operations in the order of a view; those alike in it by name, so that no line jumps about. */
export function sorted(
  operations: readonly FleetOperationSnapshot[],
  { sort, isAscending }: View,
): readonly FleetOperationSnapshot[] {
  const sign = isAscending ? 1 : -1;
  return [...operations].sort((a, b) => {
    if (sort === "name") return -sign * byName(a, b);
    return sign * (figure(a, sort) - figure(b, sort)) || byName(a, b);
  });
}

function figure(operation: FleetOperationSnapshot, sort: Exclude<Sort, "name">): number {
  const { latency, traffic, errors, inFlight } = operation;
  switch (sort) {
    case "rate":
      return traffic.perSecond;
    case "errors":
      return errors.ratio;
    case "in flight":
      return inFlight;
    default:
      return latency[sort];
  }
}

function byName(a: FleetOperationSnapshot, b: FleetOperationSnapshot): number {
  const key = ({ service, name, attributes }: FleetOperationSnapshot) =>
    `${service}\n${name}\n${JSON.stringify(attributes)}`;
  const [left, right] = [key(a), key(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

function next<T>(list: readonly T[], now: T, step: number): T {
  return list[(list.indexOf(now) + step + list.length) % list.length] as T;
}
