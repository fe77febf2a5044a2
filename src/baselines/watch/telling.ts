import type { Insight, Severity } from "../../snapshot/events.js";
import { DAY_MS } from "../calendar.js";
import type { Watched } from "./watched.js";

/** What is worth telling of a series. */
export type Finding = Pick<Insight, "kind" | "severity" | "reason" | "advice" | "data"> & {
  /** The same is not told again for so long, unless it has become more severe. @default a day */
  readonly quietMs?: number;
};

const RANKS = { info: 0, warning: 1, critical: 2 } as const satisfies Record<Severity, number>;

/** The insight that a finding is, unless the same was told lately. */
export function insightOf(
  watched: Watched,
  timeMs: number,
  { quietMs = DAY_MS, ...finding }: Finding,
): Insight | undefined {
  const rank = RANKS[finding.severity];
  const before = watched.told.get(finding.kind);
  const isRecent = before !== undefined && Math.abs(timeMs - before.timeMs) < quietMs;
  if (isRecent && rank <= before.rank) return undefined;
  watched.told.set(finding.kind, { timeMs, rank });
  const { operation, attributes, signal } = watched.subject;
  const reason = `${operation}, ${signal}: ${finding.reason}`;
  return { type: "insight", operation, attributes, signal, timeMs, ...finding, reason };
}
