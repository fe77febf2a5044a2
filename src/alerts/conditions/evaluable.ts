import type { Severity } from "../../snapshot/events.js";
import type { Subject } from "../series/subject.js";
import type { View } from "../series/view.js";

/**
 * What a condition says of one series: beyond the threshold; not beyond it, but not back either; fine;
 * or nobody knows.
 */
export type Verdict = "breach" | "between" | "clear" | "missing";

/** A series beyond its threshold. */
export interface Breach {
  readonly subject: Subject;
  readonly value?: number | undefined;
  readonly threshold?: number | undefined;
  readonly signal: string;
  readonly unit: string;
  /** What was measured, in words: `p99 latency`. */
  readonly what: string;
  /** Of events that have one of their own. */
  readonly severity?: Severity | undefined;
  readonly reason?: string | undefined;
  /** Steady ms at which it began, where that is known better than from the rule's own looks. */
  readonly beganMs?: number | undefined;
  /** Of a budget: the operation that spends it. Undefined: any may. */
  readonly spentBy?: string | undefined;
  /** Requests of the window that it is about, and all of their kind. */
  readonly affected?: { readonly count: number; readonly of: number; readonly outgoing: boolean };
}

/** A condition, ready to be asked once a step. Nothing here throws. */
export interface Evaluable {
  /** Whether its subjects are operations, so that it joins with others of the kind. */
  readonly isOfOperations: boolean;
  /** Tells of each series beyond its threshold. */
  breaches(view: View, tell: (breach: Breach) => void): void;
  /** Of one series, in the step that `breaches` was last called in. */
  verdict(subject: Subject): Verdict;
  /** Series that once had data, or are expected by name, and have none in this step. */
  absent(view: View, tell: (breach: Breach) => void): void;
  /** Series that it can judge in this step. */
  known(): Iterable<Subject>;
  /** Before this time after a start its windows do not reach back far enough to say that data is missing. */
  readonly windowMs: number;
}
