import type { Detector, DetectorState, ObservationContext, Verdict } from "../detector.js";
import { checkOf, freeze, thaw } from "./state.js";
import { Timeline } from "./timeline.js";

/** What a method makes of one value, before it has learned it. */
export interface Judgement {
  /** As `scoreOf` makes it. */
  readonly score: number;
  readonly expected?: number;
  readonly lower?: number;
  readonly upper?: number;
  /** Why, in words; asked for only when the value is an alarm. */
  explain(): string;
}

/**
 * An algorithm, relieved of all that is the same for every detector.
 *
 * What it has learned are its fields, in a shape that is fixed when it is made; see `freeze`. It is
 * handed only what is whole: `judge` before `learn`, and `learn` only when time has advanced.
 */
export interface Method<Input = number, J extends Judgement = Judgement> {
  /**
   * What the method needs of an observation; undefined when that is missing. All that is foreign is
   * touched here: what throws here is missing too. Without it a method gets finite values.
   */
  read?(value: number, context: ObservationContext | undefined): Input | undefined;
  /** Changes nothing. @returns undefined while it has seen too little */
  judge(input: Input, timeMs: number): J | undefined;
  learn(input: Input, timeMs: number, judgement: J | undefined): void;
}

/** Beyond it squares leave the range of numbers; no measurement is there. */
const LARGEST = 1e100;
/** What is smaller is nothing: its square would be. */
const SMALLEST = 1e-100;

const WARMING: Verdict = Object.freeze({
  score: 0,
  anomalous: false,
  warmingUp: true,
  reason: "it has seen too little to judge",
});
const MISSING: Verdict = Object.freeze({
  score: 0,
  anomalous: false,
  warmingUp: false,
  reason: "there is no value to judge",
});
const INFINITE: Verdict = Object.freeze({
  score: 1,
  anomalous: true,
  warmingUp: false,
  reason: "the value is infinite, or as good as that",
});

/**
 * A detector of a method.
 *
 * @param make - a new one, which has learned nothing
 * @param isReady - whether it judges from the first value on: a rule
 */
export function detectorOf<Input, J extends Judgement>(
  name: string,
  make: () => Method<Input, J>,
  isReady = false,
): Detector {
  return new MethodDetector(name, make, isReady);
}

/** What is saved beside the method. */
class Progress {
  readonly timeline = new Timeline();
  /** 0 until the first verdict that was not a warm-up. */
  warm: number;

  constructor(isReady: boolean) {
    this.warm = isReady ? 1 : 0;
  }
}

class MethodDetector<Input, J extends Judgement> implements Detector {
  readonly name: string;
  readonly #make: () => Method<Input, J>;
  #method: Method<Input, J>;
  #progress: Progress;
  readonly #isReady: boolean;

  constructor(name: string, make: () => Method<Input, J>, isReady: boolean) {
    this.name = name;
    this.#make = make;
    this.#isReady = isReady;
    this.#method = make();
    this.#progress = new Progress(isReady);
  }

  observe(value: number, timeMs: number, context?: ObservationContext): Verdict {
    const method = this.#method;
    const progress = this.#progress;
    let input: Input | undefined;
    if (method.read === undefined) {
      if (typeof value !== "number" || Number.isNaN(value)) return this.#without();
      if (Math.abs(value) > LARGEST) return progress.warm === 1 ? INFINITE : WARMING;
      input = (Math.abs(value) < SMALLEST ? 0 : value) as Input;
    } else {
      try {
        input = method.read(value, context);
      } catch {
        // A context whose getters or whose histogram throw has nothing to read.
      }
    }
    if (input === undefined) return this.#without();
    const isNews = progress.timeline.advances(timeMs);
    const judgement = method.judge(input, isNews ? timeMs : progress.timeline.lastMs);
    // Before it is learned: an explanation is of what was known until now.
    const verdict = judgement === undefined ? WARMING : verdictOf(judgement);
    if (isNews) method.learn(input, timeMs, judgement);
    if (judgement !== undefined) progress.warm = 1;
    return verdict;
  }

  #without(): Verdict {
    return this.#progress.warm === 1 ? MISSING : WARMING;
  }

  save(): DetectorState {
    const learned = { method: freeze(this.#method), progress: freeze(this.#progress) };
    return { detector: this.name, version: 1, learned, check: checkOf(learned) };
  }

  restore(state: DetectorState): void {
    this.#clear();
    try {
      if (this.#take(state as Saved)) return;
    } catch {
      // A state whose getters throw is one it cannot read.
    }
    this.#clear();
  }

  #clear(): void {
    this.#method = this.#make();
    this.#progress = new Progress(this.#isReady);
  }

  #take({ detector, version, learned, check }: Saved): boolean {
    if (detector !== this.name || version !== 1 || check !== checkOf(learned)) return false;
    return thaw(this.#method, learned.method) && thaw(this.#progress, learned.progress);
  }
}

interface Saved {
  readonly detector: string;
  readonly version: number;
  readonly learned: { readonly method: unknown; readonly progress: unknown };
  readonly check: number;
}

function verdictOf(judgement: Judgement): Verdict {
  const { score, expected, lower, upper } = judgement;
  const anomalous = score >= 0.5;
  const verdict: { -readonly [K in keyof Verdict]: Verdict[K] } = {
    score: score >= 0 ? Math.min(1, score) : 0,
    anomalous,
    warmingUp: false,
  };
  // Adding 0 makes −0 of it 0, as JSON does.
  if (finite(expected)) verdict.expected = expected + 0;
  if (finite(lower)) verdict.lower = lower + 0;
  if (finite(upper)) verdict.upper = upper + 0;
  if (anomalous) verdict.reason = judgement.explain();
  return verdict;
}

function finite(value: number | undefined): value is number {
  return Number.isFinite(value);
}
