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

/** Texts by which an alert is found by those that belong to it, and by which it finds them. */
export interface LinkKeys {
  readonly own: readonly string[];
  readonly wanted: readonly string[];
}

/**
 * Two alerts belong together when they are of one operation, or of a caller and what it calls
 * (topology); or when they share an attribute and a shape: the same signal, off to the same side (pattern).
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
  const around = nodes.flatMap((node) => [...topology.neighboursOf(node)]);
  return {
    own: [...nodes.map((node) => `at ${node}`), ...patterns],
    wanted: [`at ${alert.operation}`, ...around.map((node) => `at ${node}`), ...patterns],
  };
}
