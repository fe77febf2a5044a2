import { guardedCall } from "../../diag/guarded-call.js";
import type { Severity } from "../../snapshot/events.js";
import type { Snapshot } from "../../snapshot/model.js";
import type { WindowName } from "../../window/rolling-window.js";
import type { Verdict } from "../detector.js";
import { checked } from "../method/options.js";
import { duration } from "../method/words.js";
import { Lasting } from "./lasting.js";

export interface WhenOptions {
  /** What the rule is called in events. @default "when" */
  readonly name?: string;
  /** Window of the snapshots it is shown. @default "1m" */
  readonly window?: WindowName;
  /** How long it has to hold without a break, ms. @default 0 */
  readonly forMs?: number;
  /** Of its alarms. @default "warning" */
  readonly severity?: Severity;
}

/** A rule over everything that is known at one instant; what evaluates detectors evaluates these too. */
export interface SnapshotRule {
  readonly name: string;
  /** Window of the snapshots it wants to be shown. */
  readonly window: WindowName;
  readonly severity: Severity;
  /** Times its predicate threw, or answered a promise. */
  readonly callbackErrors: number;
  /** Judges a snapshot; those of a rule are shown in the order of their time. Never throws. */
  judge(snapshot: Snapshot): Verdict;
}

export const WINDOWS: readonly string[] = ["10s", "1m", "5m", "1h", "total"] satisfies WindowName[];
const SEVERITIES: readonly string[] = ["critical", "warning", "info"] satisfies Severity[];
const LONGEST_MS = 366 * 86_400_000;

/**
 * A predicate over the whole snapshot: what compares operations with one another, or signals of several.
 *
 * @param predicate - answers at once: whether it is an alarm, or the reason why it is one, in words. One that
 *   throws is no alarm, and counted
 * @throws RangeError listing every fault of the arguments
 */
export function when(
  predicate: (snapshot: Snapshot) => boolean | string | undefined,
  options: WhenOptions = {},
): SnapshotRule {
  return checked("when", (checks) => {
    if (typeof predicate !== "function")
      checks.fault("the first argument is no function; give one");
    checks.type("options", options, ["object"], "give an object, or leave it out");
    const known = ["name", "window", "forMs", "severity"] as const;
    const fields = checks.exactly("", options, known);
    const { name = "when", window = "1m", severity = "warning" } = fields;
    const forMs = checks.number("forMs", fields.forMs, 0, 0, LONGEST_MS, false);
    checks.type("name", name, ["string"], "give a text");
    const oneOf = (option: string, value: string, values: readonly string[]): void => {
      if (!values.includes(value))
        checks.fault(`${option} is ${String(value)}; give one of ${values.join(", ")}`);
    };
    oneOf("window", window, WINDOWS);
    oneOf("severity", severity, SEVERITIES);
    return new When(predicate, { name, window, severity, forMs });
  });
}

class When implements SnapshotRule {
  readonly name: string;
  readonly window: WindowName;
  readonly severity: Severity;
  callbackErrors = 0;
  readonly #forMs: number;
  readonly #predicate: (snapshot: Snapshot) => boolean | string | undefined;
  readonly #lasting = new Lasting();

  constructor(
    predicate: (snapshot: Snapshot) => boolean | string | undefined,
    { name, window, severity, forMs }: Required<WhenOptions>,
  ) {
    this.name = name;
    this.window = window;
    this.severity = severity;
    this.#forMs = forMs;
    this.#predicate = predicate;
  }

  judge(snapshot: Snapshot): Verdict {
    const failures = this.callbackErrors;
    const answer = guardedCall(() => this.#predicate(snapshot), this);
    if (this.callbackErrors > failures) {
      return { ...QUIET, reason: "the predicate threw, or answered a promise" };
    }
    const holds = answer === true || (typeof answer === "string" && answer !== "");
    this.#lasting.learn(holds, snapshot.end, this.#forMs);
    if (!holds) return QUIET;
    const held = this.#lasting.heldMs;
    if (held < this.#forMs) return { ...QUIET, score: (0.49 * held) / this.#forMs };
    const why = typeof answer === "string" ? answer : `${this.name} holds`;
    const reason = this.#forMs > 0 ? `${why}, for ${duration(held)} by now` : why;
    return { score: 1, anomalous: true, warmingUp: false, reason };
  }
}

const QUIET: Verdict = Object.freeze({ score: 0, anomalous: false, warmingUp: false });
