import { guardedCall } from "../../diag/guarded-call.js";
import type { Snapshot } from "../../snapshot/model.js";
import { seriesKey } from "../keys.js";
import type { CustomCondition } from "./condition.js";
import type { Breach, Evaluable, Verdict } from "./evaluable.js";

/**
 * A function of the host's; its one subject is named after the rule.
 *
 * @param tally - counts calls that threw or answered a promise
 */
export function custom(
  condition: CustomCondition,
  rule: string,
  tally: { callbackErrors: number },
): Evaluable {
  const subject = { key: seriesKey(rule, {}), operation: rule, attributes: {} };
  const breach: Breach = { subject, signal: "custom", unit: "", what: "condition" };
  let verdict: Verdict = "missing";
  return {
    isOfOperations: false,
    windowMs: 0,
    verdict: ({ key }) => (key === subject.key ? verdict : "missing"),
    known: () => [subject],
    breaches(view, tell) {
      const snapshot = view.snapshot("1m") as Snapshot;
      const answer: unknown = guardedCall(() => condition(snapshot), tally);
      const isKnown =
        typeof answer === "boolean" || (typeof answer === "number" && !Number.isNaN(answer));
      verdict = isKnown ? (answer ? "breach" : "clear") : "missing";
      if (verdict !== "breach") return;
      tell(typeof answer === "number" ? { ...breach, value: answer } : breach);
    },
    absent(_view, tell) {
      if (verdict === "missing") tell({ ...breach, reason: "the condition has no answer" });
    },
  };
}
