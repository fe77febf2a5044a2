import { guardedCall } from "../../diag/guarded-call.js";
import { readFields } from "../../diag/read-fields.js";
import { isObject } from "../../readers/checks.js";
import type { Detector, ObservationContext, Verdict } from "../detector.js";

/** Counts what foreign callbacks did wrong. */
interface Tally {
  callbackErrors: number;
}

/** Longest reason that is passed on. */
const LONGEST_REASON = 1000;

/** Whether a value can be used as a detector. Never throws. */
export function isDetector(value: unknown): value is Detector {
  const methods = ["observe", "save", "restore"] as const;
  return (
    guardedCall(
      () => isObject(value) && methods.every((name) => typeof value[name] === "function"),
    ) === true
  );
}

/** What another detector says, whoever wrote it: one that throws or answers nonsense says nothing. */
export function judged(
  detector: Detector,
  value: number,
  timeMs: number,
  context: ObservationContext | undefined,
  tally?: Tally,
): Verdict {
  return verdictOf(
    guardedCall(() => detector.observe(value, timeMs, context), tally),
    tally,
  );
}

/** A verdict as it should be, of whatever was answered. */
export function verdictOf(given: Verdict | undefined, tally?: Tally): Verdict {
  let isWhole = true;
  const fields = readFields(given, FIELDS, () => {
    isWhole = false;
  });
  const { score = 0, warmingUp, expected, lower, upper, reason } = fields;
  if (!(isWhole && typeof score === "number" && score >= 0 && score <= 1)) {
    if (tally !== undefined) tally.callbackErrors++;
    return FAILED;
  }
  return {
    score,
    anomalous: score >= 0.5,
    warmingUp: warmingUp === true,
    ...(Number.isFinite(expected) && { expected }),
    ...(Number.isFinite(lower) && { lower }),
    ...(Number.isFinite(upper) && { upper }),
    ...(typeof reason === "string" && { reason: reason.slice(0, LONGEST_REASON) }),
  };
}

const FIELDS = ["score", "warmingUp", "expected", "lower", "upper", "reason"] as const;

const FAILED: Verdict = Object.freeze({
  score: 0,
  anomalous: false,
  warmingUp: false,
  reason: "the detector failed",
});

/** What another detector has learned, as JSON; null where it has nothing to say or no JSON. */
export function savedBy(detector: Detector): unknown {
  const state = guardedCall(() => detector.save());
  return guardedCall(() => JSON.parse(JSON.stringify(state)) as unknown) ?? null;
}
