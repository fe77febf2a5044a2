import { guardedCall } from "../../diag/guarded-call.js";
import { isList, isObject, show } from "../../readers/checks.js";
import type { Detector, DetectorState, ObservationContext, Verdict } from "../detector.js";
import { checked } from "../method/options.js";
import { checkOf } from "../method/state.js";
import { isDetector, judged, savedBy } from "./foreign.js";

/** Detectors by the name of the input each judges: a key of `context.inputs`. */
export type NamedDetectors = Readonly<Record<string, Detector>>;

/** A detector judges the value itself; those in an object the inputs they are named for. */
export type Members = Detector | NamedDetectors | readonly Detector[];

/**
 * Alarms when at least that many of its members do, the score being that of the one it depends on.
 *
 * Members are detectors, which judge the value itself, or objects of them, which judge the values of the
 * same names in `context.inputs`: `quorum(2, zScore(), { errors: threshold({ above: 0.05 }) })`. An input
 * that is not there is a missing value to its member.
 * @throws RangeError listing every fault of the arguments
 */
export function quorum(needed: number, ...members: readonly Members[]): Detector {
  return compose("quorum", needed, members);
}

/** Alarms when all of its members do; see `quorum`. @throws RangeError listing every fault */
export function allOf(...members: readonly Members[]): Detector {
  return compose("allOf", "all", members);
}

/** Alarms when any of its members does; see `quorum`. @throws RangeError listing every fault */
export function anyOf(...members: readonly Members[]): Detector {
  return compose("anyOf", 1, members);
}

interface Member {
  /** Of the input it judges; undefined: the value itself. */
  readonly input: string | undefined;
  readonly detector: Detector;
}

const MOST_MEMBERS = 1000;

function compose(name: string, needed: number | "all", given: readonly Members[]): Detector {
  return checked(name, (checks) => {
    const members: Member[] = [];
    const add = (input: string | undefined, detector: unknown): void => {
      if (isDetector(detector)) members.push({ input, detector });
      else
        checks.fault(
          `${input ?? `member ${members.length + 1}`} is ${show(detector)}; give a detector`,
        );
    };
    for (const each of given) {
      if (isList(each)) for (const detector of each) add(undefined, detector);
      else if (isDetector(each) || !isObject(each)) add(undefined, each);
      else {
        const inputs = checks.fields<NamedDetectors, string>(
          "",
          each as NamedDetectors,
          checks.names("", each),
        );
        for (const [input, detector] of Object.entries(inputs)) add(input, detector);
      }
    }
    if (members.length === 0 && checks.faults.length === 0) {
      checks.fault("there are no members; give detectors, or an object of them");
    }
    const most = Math.max(1, Math.min(members.length, MOST_MEMBERS));
    const least = needed === "all" ? members.length : checks.number("needed", needed, 1, 1, most);
    return new Quorum(name, least, members);
  });
}

class Quorum implements Detector {
  readonly name: string;
  readonly #needed: number;
  readonly #members: readonly Member[];

  constructor(name: string, needed: number, members: readonly Member[]) {
    this.name = name;
    this.#needed = needed;
    this.#members = members;
  }

  observe(value: number, timeMs: number, context?: ObservationContext): Verdict {
    const inputs = guardedCall(() => context?.inputs);
    const verdicts = this.#members.map(({ input, detector }) => {
      if (input === undefined) return judged(detector, value, timeMs, context);
      return judged(detector, inputAt(inputs, input), timeMs, { inputs });
    });
    const able = verdicts.filter(({ warmingUp }) => !warmingUp);
    const ranked = able.map(({ score }) => score).sort((a, b) => b - a);
    const warmingUp = able.length < this.#needed;
    const score = warmingUp ? 0 : ranked[this.#needed - 1];
    const anomalous = score >= 0.5;
    const own = verdicts.find((_, at) => this.#members[at].input === undefined);
    const { expected, lower, upper } = own ?? {};
    return {
      score,
      anomalous,
      warmingUp,
      ...(expected !== undefined && { expected }),
      ...(lower !== undefined && { lower }),
      ...(upper !== undefined && { upper }),
      ...(anomalous && { reason: this.#reason(verdicts) }),
      ...(warmingUp && { reason: "too few of its members have seen enough to judge" }),
    };
  }

  #reason(verdicts: readonly Verdict[]): string {
    const reasons = verdicts.flatMap(({ anomalous, reason }, at) => {
      const { input } = this.#members[at];
      if (!anomalous) return [];
      return [input === undefined ? reason : `${input}: ${reason}`];
    });
    return reasons.join("; ");
  }

  save(): DetectorState {
    const members = this.#members.map(({ detector }) => savedBy(detector));
    return { detector: this.name, version: 1, members, check: checkOf(members) };
  }

  restore(state: DetectorState): void {
    const states = guardedCall(() => {
      const { detector, version, members, check } = state as Saved;
      const isWhole = detector === this.name && version === 1 && check === checkOf(members);
      return isWhole && members.length === this.#members.length ? members : undefined;
    });
    for (const [at, { detector }] of this.#members.entries()) {
      guardedCall(() => detector.restore(states?.[at] ?? null));
    }
  }
}

interface Saved {
  readonly detector: string;
  readonly version: number;
  readonly members: readonly unknown[];
  readonly check: number;
}

/** An input as a number; NaN when it is not there or none. */
function inputAt(inputs: ObservationContext["inputs"], name: string): number {
  const value = guardedCall(() =>
    inputs !== undefined && Object.hasOwn(inputs, name) ? inputs[name] : undefined,
  );
  return typeof value === "number" ? value : Number.NaN;
}
