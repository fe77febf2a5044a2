import { guardedCall } from "../../diag/guarded-call.js";
import type { Detector, DetectorState, ObservationContext, Verdict } from "../detector.js";
import { checked } from "../method/options.js";
import { checkOf, freeze, thaw } from "../method/state.js";
import { Timeline } from "../method/timeline.js";
import { duration } from "../method/words.js";
import { isDetector, judged, savedBy } from "./foreign.js";
import { Lasting } from "./lasting.js";

const LONGEST_MS = 366 * 86_400_000;

/**
 * Alarms when another detector has alarmed on every value for that long; until then the score rises
 * towards 0.5. A missing value neither ends it nor counts; a gap of more than five typical steps, and of
 * more than `forMs`, does end it.
 *
 * @throws RangeError listing every fault of the arguments
 */
export function sustained(detector: Detector, forMs: number): Detector {
  checked("sustained", (checks) => {
    if (!isDetector(detector)) checks.fault("the first argument is no detector; give one");
    if (forMs === undefined) checks.fault("forMs is missing; give a number of milliseconds");
    checks.number("forMs", forMs, 0, 0, LONGEST_MS, false);
  });
  return new Sustained(detector, forMs);
}

/** What is saved beside the detector. */
class Progress {
  readonly timeline = new Timeline();
  readonly lasting = new Lasting();
}

class Sustained implements Detector {
  readonly name = "sustained";
  readonly #detector: Detector;
  readonly #forMs: number;
  #progress = new Progress();

  constructor(detector: Detector, forMs: number) {
    this.#detector = detector;
    this.#forMs = forMs;
  }

  observe(value: number, timeMs: number, context?: ObservationContext): Verdict {
    const verdict = judged(this.#detector, value, timeMs, context);
    const { timeline, lasting } = this.#progress;
    const isNothing = !verdict.anomalous && !(typeof value === "number" && !Number.isNaN(value));
    if (isNothing) return verdict;
    if (timeline.advances(timeMs)) lasting.learn(verdict.anomalous, timeMs, this.#forMs);
    if (!verdict.anomalous) return verdict;
    const held = lasting.heldMs;
    if (held >= this.#forMs) {
      return { ...verdict, reason: `${verdict.reason}, for ${duration(held)} by now` };
    }
    const { reason: _, ...rest } = verdict;
    return { ...rest, anomalous: false, score: held > 0 ? (0.49 * held) / this.#forMs : 0 };
  }

  save(): DetectorState {
    const learned = {
      detector: savedBy(this.#detector),
      progress: freeze(this.#progress),
    };
    return { detector: this.name, version: 1, learned, check: checkOf(learned) };
  }

  restore(state: DetectorState): void {
    const progress = new Progress();
    const inner = guardedCall(() => {
      const { detector, version, learned, check } = state as Saved;
      if (detector !== this.name || version !== 1 || check !== checkOf(learned)) return undefined;
      return thaw(progress, learned.progress) ? { state: learned.detector } : undefined;
    });
    this.#progress = inner === undefined ? new Progress() : progress;
    guardedCall(() => this.#detector.restore(inner?.state ?? null));
  }
}

interface Saved {
  readonly detector: string;
  readonly version: number;
  readonly learned: { readonly detector: unknown; readonly progress: unknown };
  readonly check: number;
}
