import type { FiringAlert } from "./firing-alert.js";
import { isAtLeast } from "./severity.js";

/** What fires over all processes: each alert once, at its worst. */
export function boardOf(processes: Iterable<Iterable<FiringAlert>>): Map<string, FiringAlert> {
  const board = new Map<string, FiringAlert>();
  for (const alerts of processes) {
    for (const alert of alerts) {
      const known = board.get(alert.key);
      board.set(alert.key, known === undefined ? alert : merge(known, alert));
    }
  }
  return board;
}

function merge(known: FiringAlert, other: FiringAlert): FiringAlert {
  const worse = isWorse(other, known) ? other : known;
  const affected = sum(known.affected, other.affected);
  return {
    ...worse,
    sinceMs: Math.min(known.sinceMs, other.sinceMs),
    beganMs: Math.min(known.beganMs, other.beganMs),
    ...(affected !== undefined && { affected }),
  };
}

function isWorse(one: FiringAlert, other: FiringAlert): boolean {
  if (one.severity !== other.severity) return isAtLeast(one.severity, other.severity);
  const { value = 0, threshold = 0 } = one;
  const { value: than = 0 } = other;
  return value >= threshold ? value > than : value < than;
}

function sum(
  one: FiringAlert["affected"],
  other: FiringAlert["affected"],
): FiringAlert["affected"] {
  if (one === undefined || other === undefined) return one ?? other;
  return { count: one.count + other.count, of: one.of + other.of, outgoing: one.outgoing };
}
