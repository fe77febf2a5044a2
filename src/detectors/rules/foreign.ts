import { guardedCall } from "../../diag/guarded-call.js";
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
  const verdict = guardedCall(() => {
    const { score, warmingUp, expected, lower, upper, reason } = detector.observe(
      value,
      timeMs,
      context,
    );
    const sound = score >= 0 && score <= 1 ? score : 0;
    return {
      score: sound,
      anomalous: sound >= 0.5,
      warmingUp: warmingUp === true,
      ...(Number.isFinite(expected) && { expected }),
      ...(Number.isFinite(lower) && { lower }),
      ...(Number.isFinite(upper) && { upper }),
      ...(typeof reason === "string" && { reason }),
    };
  });
  return verdict ?? { score: 0, anomalous: false, warmingUp: false, reason: "the detector failed" };
}
