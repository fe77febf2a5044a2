import { guardedCall } from "../../diag/guarded-call.js";
import { show } from "../../readers/checks.js";
import type { Detector, DetectorState, ObservationContext, Verdict } from "../detector.js";
import { checked } from "../method/options.js";
import { checkOf } from "../method/state.js";
import { isDetector, judged, savedBy } from "./foreign.js";

export interface FilteredOptions {
  /** Alarms only of values above what was expected, or only of those below. @default both */
  readonly direction?: "up" | "down";
  /** Least change that alarms, as a share of what was expected: 0.2 is a fifth more or less. @default 0 */
  readonly minimumChange?: number;
  /** Least change that alarms, in the unit of the value. @default 0 */
  readonly minimumDifference?: number;
}

/**
 * Another detector's alarms, without those that go the wrong way or not far enough. The score of what is left
 * out is below 0.5.
 *
 * What was expected is what the detector says, or the bound that was crossed where it only has bounds; with
 * neither all of its alarms pass.
 * @throws RangeError listing every fault of the arguments
 */
export function filtered(detector: Detector, options: FilteredOptions): Detector {
  const { direction, ...least } = checked("filtered", (checks) => {
    if (!isDetector(detector)) checks.fault("the first argument is no detector; give one");
    checks.type(
      "options",
      options,
      ["object"],
      'give { direction: "up", minimumChange: 0.2 }, say',
    );
    const known = ["direction", "minimumChange", "minimumDifference"] as const;
    const { direction, ...fields } = checks.exactly("", options, known);
    if (direction !== undefined && direction !== "up" && direction !== "down") {
      checks.fault(`direction is ${show(direction)}; give "up" or "down", or leave it out`);
    }
    const atLeast = (name: "minimumChange" | "minimumDifference") =>
      checks.number(name, fields[name], 0, 0, Number.MAX_VALUE, false);
    return {
      direction,
      change: atLeast("minimumChange"),
      difference: atLeast("minimumDifference"),
    };
  });
  return new Filtered(detector, direction, least);
}

class Filtered implements Detector {
  readonly name = "filtered";

  constructor(
    private readonly detector: Detector,
    private readonly direction: FilteredOptions["direction"],
    private readonly least: { readonly change: number; readonly difference: number },
  ) {}

  observe(value: number, timeMs: number, context?: ObservationContext): Verdict {
    const verdict = judged(this.detector, value, timeMs, context);
    if (!verdict.anomalous || this.#passes(value, verdict)) return verdict;
    const { reason: _, ...rest } = verdict;
    return { ...rest, anomalous: false, score: 0.49 };
  }

  #passes(value: number, verdict: Verdict): boolean {
    const reference = referenceOf(value, verdict);
    const change = value - reference;
    if (Number.isNaN(change)) return true;
    if (this.direction === "up" && change < 0) return false;
    if (this.direction === "down" && change > 0) return false;
    const { change: share, difference } = this.least;
    const isFar = Math.abs(change) >= difference;
    return isFar && Math.abs(change) >= share * Math.abs(reference);
  }

  save(): DetectorState {
    const learned = savedBy(this.detector);
    return { detector: this.name, version: 1, learned, check: checkOf(learned) };
  }

  restore(state: DetectorState): void {
    const learned = guardedCall(() => {
      const saved = state as Saved;
      const isOurs = saved.detector === this.name && saved.version === 1;
      return isOurs && saved.check === checkOf(saved.learned) ? saved.learned : undefined;
    });
    guardedCall(() => this.detector.restore(learned ?? null));
  }
}

interface Saved {
  readonly detector: string;
  readonly version: number;
  readonly learned: unknown;
  readonly check: number;
}

/** What a value is compared with; NaN where the detector does not say. */
function referenceOf(value: number, { expected, lower, upper }: Verdict): number {
  if (expected !== undefined) return expected;
  if (upper !== undefined && value > upper) return upper;
  return lower !== undefined && value < lower ? lower : Number.NaN;
}
