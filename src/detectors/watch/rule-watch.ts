import { guardedCall } from "../../diag/guarded-call.js";
import type { Anomaly } from "../../snapshot/events.js";
import type { Snapshot } from "../../snapshot/model.js";
import type { Verdict } from "../detector.js";
import { verdictOf } from "../rules/foreign.js";
import type { SnapshotRule } from "../rules/when.js";
import { MINUTE } from "./decay.js";

/** Has not held for so long: it is over. What comes back before is the same anomaly. */
const OVER_MS = 5 * MINUTE;
const ONGOING_MS = 5 * MINUTE;

/** A moment at which rules are looked at. */
export interface RuleMoment {
  readonly snapshot: Snapshot;
  /** Monotonic ms: how long something lasts is no matter of the wall clock. */
  readonly nowMs: number;
}

/** One rule over the whole snapshot, and what was told of it. */
export class RuleWatch {
  #isOpen = false;
  #id = "";
  #sinceMs = 0;
  #heldAt = 0;
  #toldAt = 0;
  /** What it said when it held last. */
  #reason = "";

  /** @param tally - counts what the rule threw */
  constructor(
    private readonly rule: SnapshotRule,
    private readonly tally: { callbackErrors: number },
  ) {}

  get window(): SnapshotRule["window"] {
    return this.rule.window;
  }

  /** @returns what there is to tell, if anything @param idOf - makes the name of a new anomaly */
  look(moment: RuleMoment, idOf: () => string): Anomaly | undefined {
    const verdict = this.#judge(moment.snapshot);
    if (verdict.anomalous) return this.#hold(moment, verdict, idOf);
    if (!this.#isOpen || moment.nowMs - this.#heldAt < OVER_MS) return undefined;
    this.#isOpen = false;
    return this.#event("ended", moment, verdict);
  }

  #judge(snapshot: Snapshot): Verdict {
    const { rule, tally } = this;
    const failures = rule.callbackErrors;
    const verdict = verdictOf(
      guardedCall(() => rule.judge(snapshot), tally),
      tally,
    );
    if (rule.callbackErrors > failures) tally.callbackErrors++;
    return verdict;
  }

  #hold(moment: RuleMoment, verdict: Verdict, idOf: () => string): Anomaly | undefined {
    const wasOpen = this.#isOpen;
    this.#isOpen = true;
    this.#heldAt = moment.nowMs;
    this.#reason = verdict.reason ?? `${this.rule.name} holds`;
    if (wasOpen && moment.nowMs - this.#toldAt < ONGOING_MS) return undefined;
    this.#toldAt = moment.nowMs;
    if (wasOpen) return this.#event("ongoing", moment, verdict);
    this.#id = idOf();
    this.#sinceMs = moment.snapshot.end;
    return this.#event("begun", moment, verdict);
  }

  #event(state: Anomaly["state"], { snapshot }: RuleMoment, verdict: Verdict): Anomaly {
    const { name, severity } = this.rule;
    return Object.freeze({
      type: "anomaly",
      id: this.#id,
      state,
      operation: name,
      attributes: {},
      signal: "rule",
      detector: "when",
      severity,
      timeMs: snapshot.end,
      sinceMs: this.#sinceMs,
      reason: state === "ended" ? `over: ${this.#reason}` : this.#reason,
      score: verdict.score,
      observed: verdict.anomalous ? 1 : 0,
      expected: 0,
      unit: "1",
      // Which requests a rule is about, it does not say.
      affected: 0,
      related: [],
      traceIds: [],
    } satisfies Anomaly);
  }
}
