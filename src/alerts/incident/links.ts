import type { FiringAlert } from "../firing-alert.js";
import type { Row } from "../series/table.js";
import type { Topology } from "./topology.js";

/** What is common to more than this share of all series links nothing. */
const COMMON = 0.5;
const FEW = 4;

/** Which attributes are worth a link, over all operations. */
export class Commonness {
  readonly #counts = new Map<string, number>();

  constructor(private readonly rows: readonly Row[]) {
    for (const { attributes } of rows) {
      for (const [name, value] of Object.entries(attributes)) {
        const pair = `${name}=${value}`;
        this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + 1);
      }
    }
  }

  /** Share of the operations that have it, 0…1. */
  share(pair: string): number {
    return this.rows.length === 0 ? 0 : (this.#counts.get(pair) ?? 0) / this.rows.length;
  }

  /** Pairs of a series that set it apart from others. */
  telling(attributes: Row["attributes"]): readonly string[] {
    const pairs = Object.entries(attributes).map(([name, value]) => `${name}=${value}`);
    if (this.rows.length < FEW) return pairs;
    return pairs.filter((pair) => this.share(pair) <= COMMON);
  }
}

/** Series of one incident with the same shape from which on it spreads. */
const SEVERAL = 2;

/** Which incidents have spread over several series, by what is in them. */
export class Spread<I> {
  readonly #series = new Map<string, Map<I, Set<string>>>();

  add(incident: I, series: string, shape: string | undefined): void {
    if (shape === undefined) return;
    let incidents = this.#series.get(shape);
    if (incidents === undefined) {
      incidents = new Map();
      this.#series.set(shape, incidents);
    }
    const known = incidents.get(incident);
    if (known === undefined) incidents.set(incident, new Set([series]));
    else known.add(series);
  }

  *of(shape: string | undefined): Iterable<I> {
    for (const [incident, series] of this.#series.get(shape ?? "") ?? []) {
      if (series.size >= SEVERAL) yield incident;
    }
  }
}

/** Texts by which an alert is found by those that belong to it, and by which it finds them. */
export interface LinkKeys {
  readonly own: readonly string[];
  readonly wanted: readonly string[];
  /** As `wanted`, however long ago the others began: as long as they fire they are the same trouble. */
  readonly same: readonly string[];
  /** What is in it when it spreads: as `wanted`, where several others of the incident have it. */
  readonly spreading: string | undefined;
}

/** What spends budgets. */
const SPENDING: readonly string[] = ["latency", "errors"];

/**
 * Two alerts belong together when they are of one operation, or of a caller and what it calls
 * (topology); or when they share an attribute and a shape: the same signal, off to the same side (pattern).
 * A budget belongs to what spends it. Failures that have spread to several operations belong together: those
 * with little traffic are found later.
 */
export function linkKeysOf(
  alert: FiringAlert,
  topology: Topology,
  commonness: Commonness,
): LinkKeys {
  const nodes = topology.nodesOf(alert);
  const { value = 1, threshold = 0, signal } = alert;
  const shape = `${signal} ${value >= threshold ? "up" : "down"}`;
  const patterns = commonness.telling(alert.attributes).map((pair) => `like ${shape} ${pair}`);
  const spends = SPENDING.includes(signal) ? ["spends", `spends ${alert.operation}`] : [];
  const spent = alert.spentBy === undefined ? "spends" : `spends ${alert.spentBy}`;
  const around = nodes.flatMap((node) => [...topology.neighboursOf(node)]);
  const spreading = signal === "errors" ? shape : undefined;
  return {
    own: [`is ${alert.series}`, ...spends, ...nodes.map((node) => `at ${node}`), ...patterns],
    wanted: [`at ${alert.operation}`, ...around.map((node) => `at ${node}`), ...patterns],
    same: [`is ${alert.series}`, ...(signal === "slo" ? [spent] : [])],
    spreading,
  };
}
