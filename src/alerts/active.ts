import type { Severity } from "../snapshot/events.js";
import type { AttributesData } from "../snapshot/model.js";
import type { Acknowledgement, Case, Comment, Quiet } from "./case.js";
import { isStanding } from "./case.js";
import { flappingText } from "./compose.js";
import type { FiringAlert } from "./firing-alert.js";

/** An alert that is pending or fires, as `active()` shows it. Times are epoch ms. Plain data. */
export interface ActiveAlert {
  readonly key: string;
  readonly rule: string;
  readonly state: "pending" | "firing";
  readonly severity: Severity;
  readonly operation: string;
  readonly attributes: AttributesData;
  readonly signal: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value?: number;
  readonly threshold?: number;
  readonly unit: string;
  readonly sinceMs: number;
  readonly reason: string;
  /** Why nobody is told of it. */
  readonly quiet?: Quiet;
  /** It comes and goes, in words; until it is calm it counts as firing. */
  readonly flapping?: string;
  readonly acknowledged?: Acknowledgement;
  readonly comments: readonly Comment[];
  /** Id of its incident. */
  readonly incident?: string;
  /** Whether a notice has told of it. */
  readonly isTold: boolean;
}

/** What fires, and what is known of it beyond this process. */
export function activeOf(
  local: Iterable<{ readonly alert: FiringAlert; readonly state: "pending" | "firing" }>,
  cases: ReadonlyMap<string, Case>,
  nowMs: number,
  shown: (steadyMs: number) => number,
): readonly ActiveAlert[] {
  const all: ActiveAlert[] = [];
  const seen = new Set<string>();
  for (const { alert, state } of local) {
    seen.add(alert.key);
    all.push(active(alert, state, cases.get(alert.key), nowMs, shown));
  }
  for (const one of cases.values()) {
    if (!seen.has(one.key) && isStanding(one)) {
      all.push(active(one.alert, "firing", one, nowMs, shown));
    }
  }
  return Object.freeze(all);
}

function active(
  alert: FiringAlert,
  state: "pending" | "firing",
  one: Case | undefined,
  nowMs: number,
  shown: (steadyMs: number) => number,
): ActiveAlert {
  const { key, rule, severity, operation, attributes, signal, labels, annotations, unit } = alert;
  const { acknowledged, comments = [], quiet, incident, flap } = one ?? {};
  return Object.freeze({
    ...{ key, rule, state, severity, operation, attributes, signal, labels, annotations, unit },
    ...(alert.value !== undefined && { value: alert.value }),
    ...(alert.threshold !== undefined && { threshold: alert.threshold }),
    sinceMs: shown(alert.sinceMs),
    reason: alert.reason,
    ...(quiet !== undefined && { quiet }),
    ...(flap?.isFlapping === true && { flapping: flappingText(flap, nowMs) }),
    ...(acknowledged !== undefined && {
      acknowledged: { ...acknowledged, atMs: shown(acknowledged.atMs) },
    }),
    comments: comments.map((comment) => ({ ...comment, atMs: shown(comment.atMs) })),
    ...(incident !== undefined && { incident }),
    isTold: one?.isTold === true,
  });
}
