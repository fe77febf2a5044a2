import { guardedCall } from "../../diag/guarded-call.js";
import { readFields } from "../../diag/read-fields.js";
import { isObject } from "../../readers/checks.js";
import type { Detector, ObservationContext, Verdict } from "../detector.js";

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
): Verdict {
  const given = guardedCall(() => detector.observe(value, timeMs, context));
  const { score = 0, warmingUp, expected, lower, upper, reason } = readFields(given, FIELDS);
  if (!(score >= 0 && score <= 1)) return FAILED;
  return {
    score,
    anomalous: score >= 0.5,
    warmingUp: warmingUp === true,
    ...(Number.isFinite(expected) && { expected }),
    ...(Number.isFinite(lower) && { lower }),
    ...(Number.isFinite(upper) && { upper }),
    ...(typeof reason === "string" && { reason }),
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
