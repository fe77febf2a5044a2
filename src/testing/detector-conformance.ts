import { deepStrictEqual, doesNotThrow, fail, match, ok, strictEqual } from "node:assert/strict";
import type { Detector, Verdict } from "../detectors/detector.js";
import type { ConformanceCase } from "./conformance.js";
import {
  type ContextOf,
  constant,
  type Made,
  MINUTE_MS,
  ordinary,
  verdictsOf,
  withIncident,
} from "./detector-series.js";
import { junkOf, ODD, oddContexts, text } from "./hostile-input.js";

export interface DetectorConformanceOptions {
  /**
   * What stands behind a value, for detectors that look at it. Ordinary values are about 100 × `unit`,
   * those of an incident three times as large.
   */
  readonly context?: ContextOf;
  /** Ordinary values after which it judges; 0 for a rule that judges the first one. @default 1000 */
  readonly warmUp?: number;
  /** Most characters of its state as JSON. @default 65_536 */
  readonly stateBytes?: number;
  /** Intervals between values that it is tried at, none of which it is told. @default 1 s … 1 h */
  readonly intervalsMs?: readonly number[];
}

const HOUR_MS = 60 * MINUTE_MS;
const INTERVALS_MS = [1000, 10_000, MINUTE_MS, 5 * MINUTE_MS, HOUR_MS];
/** Share of ordinary values that may be alarms. */
const NOISE = 0.01;
/** Digits of a count that grows are not growth. */
const DIGITS = 256;

/**
 * What every detector keeps, whatever its method: one case each, for any test runner.
 *
 * @param make - makes a detector that has learned nothing, called once or more for each case; `unit` is what
 *   ordinary values, about 100, are multiplied by: for a detector that has limits in that unit
 */
export function detectorConformance(
  make: (unit: number) => Detector,
  { context, warmUp = 1000, stateBytes = 65_536, intervalsMs }: DetectorConformanceOptions = {},
): readonly ConformanceCase[] {
  const judge = (detector: Detector, series: readonly Made[], unit = 1): Verdict[] =>
    verdictsOf(detector, series, context, unit);
  /** Long enough for every part of a detector to have come into play, with two incidents. */
  const eventful = withIncident(
    withIncident(ordinary(warmUp + 700), warmUp + 200, warmUp + 215),
    warmUp + 500,
    warmUp + 540,
  );
  const one = (name: string, run: () => void): ConformanceCase => ({
    name,
    run: async () => run(),
  });

  /** That what is done to one of two detectors at some places changes nothing it says afterwards. */
  const unmoved = (disturb: (detector: Detector, last: Made) => void): void => {
    const disturbed = make(1);
    const left = make(1);
    for (const [at, made] of eventful.entries()) {
      const [verdict] = judge(disturbed, [made]);
      deepStrictEqual(verdict, judge(left, [made])[0], `the verdict on value ${at} is another`);
      if (at % 97 === 3 || at === eventful.length - 100) disturb(disturbed, made);
    }
  };

  return [
    one("has a name without spaces", () => match(make(1).name, /^\S+$/)),

    one("says of every value what a verdict is to say", () => {
      for (const verdict of judge(make(1), eventful)) sound(verdict);
    }),

    one("says the same of the same values", () => {
      deepStrictEqual(judge(make(1), eventful), judge(make(1), eventful));
    }),

    one("shares nothing with another of its kind", () => {
      const [a, b] = [make(1), make(1)];
      const alone = judge(make(1), eventful);
      const others = ordinary(eventful.length, 7);
      for (const [at, made] of eventful.entries()) {
        deepStrictEqual(judge(a, [made])[0], alone[at]);
        judge(b, [others[at]]);
      }
    }),

    one("knows nothing of what is to come, and takes nothing back", () => {
      const seen = Math.floor(eventful.length / 2);
      const detector = make(1);
      const first = judge(detector, eventful.slice(0, seen));
      const written = JSON.stringify(first);
      judge(detector, eventful.slice(seen));
      strictEqual(JSON.stringify(first), written, "an earlier verdict has changed");
      const other = [...eventful.slice(0, seen), ...constant(eventful.length, 1).slice(seen)];
      strictEqual(JSON.stringify(judge(make(1), other).slice(0, seen)), written);
    }),

    one("says when it is warming up, and that it is over in time", () => {
      const verdicts = judge(make(1), ordinary(warmUp + 300));
      const over = verdicts.findIndex(({ warmingUp }) => !warmingUp);
      ok(over >= 0 && over <= warmUp, `it is over after ${over} values`);
      if (warmUp > 0) ok(over > 0, "it judges the first value of all");
      for (const { warmingUp } of verdicts.slice(over)) ok(!warmingUp, "it warms up again");
    }),

    one("is quiet on a constant series, in any unit", () => {
      for (const unit of [1, 1e-9, 1e9]) {
        quiet(judge(make(unit), constant(warmUp + 500, 100), unit), 0);
      }
      quiet(judge(make(1), constant(warmUp + 500, 0)), 0);
    }),

    one("takes rounding errors for none", () => {
      const series = constant(warmUp + 500, 0.3).map((made, at) =>
        at % 3 === 1 ? { ...made, value: 0.1 + 0.2 } : made,
      );
      quiet(judge(make(0.003), series), 0);
    }),

    ...(intervalsMs ?? INTERVALS_MS).map((stepMs) =>
      one(`is quiet on ordinary values ${stepMs / 1000} s apart, and sees an incident`, () => {
        const series = ordinary(warmUp + 1100, 3, stepMs);
        const detector = make(1);
        quiet(judge(detector, series.slice(0, -60)), NOISE);
        const incident = withIncident(series, 0, series.length).slice(-60);
        ok(
          judge(detector, incident).some(({ anomalous }) => anomalous),
          "it has not seen the incident",
        );
      }),
    ),

    one("stays quiet after a gap of three days", () => {
      const series = ordinary(warmUp + 700).map((made, at) =>
        at < warmUp + 300 ? made : { ...made, timeMs: made.timeMs + 72 * HOUR_MS },
      );
      const detector = make(1);
      judge(detector, series.slice(0, warmUp + 300));
      quiet(judge(detector, series.slice(warmUp + 300)), 2 * NOISE);
    }),

    one("takes NaN for a value that is missing", () => {
      unmoved((detector, { timeMs }) => {
        for (let i = 1; i < 4; i++) {
          const verdict = detector.observe(Number.NaN, timeMs + i);
          sound(verdict);
          ok(!verdict.anomalous && verdict.score === 0, "a missing value is an alarm");
        }
      });
    }),

    one("judges infinite values, and learns nothing of them", () => {
      unmoved((detector, { timeMs }) => {
        for (const value of [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]) {
          sound(detector.observe(value, timeMs + 1));
        }
      });
    }),

    one("judges what repeats a time or lies before the last, and learns nothing of it", () => {
      unmoved((detector, { value, timeMs }) => {
        for (const earlier of [0, 1, MINUTE_MS, 26 * HOUR_MS]) {
          const made = { value: 2 * value, timeMs: timeMs - earlier };
          for (const verdict of judge(detector, [made, made])) sound(verdict);
        }
      });
    }),

    one("judges what has no time, and learns nothing of it", () => {
      unmoved((detector, { value }) => {
        for (const timeMs of [Number.NaN, Number.POSITIVE_INFINITY, -1e300, "12" as never]) {
          for (const verdict of judge(detector, [{ value, timeMs }])) sound(verdict);
        }
      });
    }),

    one("says the same in a unit that is a power of two", () => {
      const scores = judge(make(1), eventful).map(({ score }) => score);
      for (const unit of [2 ** 20, 2 ** -20]) {
        const others = judge(make(unit), eventful, unit).map(({ score }) => score);
        for (const [at, score] of scores.entries()) near(others[at], score, 1e-9, at);
      }
    }),

    one("says the same in thousands and thousandths", () => {
      const verdicts = judge(make(1), eventful);
      for (const unit of [1000, 0.001]) {
        for (const [at, other] of judge(make(unit), eventful, unit).entries()) {
          near(other.score, verdicts[at].score, 1e-3, at);
          const { expected } = verdicts[at];
          if (expected === undefined || other.expected === undefined) continue;
          // Of shares and counts the unit is not that of the value.
          const isShare = near(other.expected, expected, 1e-3 * Math.abs(expected));
          if (!isShare) near(other.expected / unit, expected, 1e-3 * Math.abs(expected), at);
        }
      }
    }),

    one("keeps its state within bounds, however much it has seen", () => {
      const detector = make(1);
      const series = ordinary(100_000);
      judge(detector, series.slice(0, 10_000));
      const soon = JSON.stringify(detector.save()).length;
      judge(detector, series.slice(10_000));
      const late = JSON.stringify(detector.save()).length;
      ok(late <= 1.02 * soon + DIGITS, `the state has grown from ${soon} to ${late}`);
      ok(late <= stateBytes, `the state takes ${late}`);
    }),

    one("saves a state that is JSON, and not what it works on", () => {
      const detector = make(1);
      judge(detector, eventful.slice(0, warmUp + 100));
      const state = detector.save();
      const written = JSON.stringify(state);
      deepStrictEqual(JSON.parse(written), state);
      judge(detector, eventful.slice(warmUp + 100));
      strictEqual(JSON.stringify(state), written, "what was saved has changed");
    }),

    one("says the same after it was saved and restored", () => {
      for (const seen of [0, 1, 5, 40, Math.floor(warmUp / 2), warmUp + 150, warmUp + 510]) {
        const detector = make(1);
        judge(detector, eventful.slice(0, seen));
        const restored = make(1);
        restored.restore(JSON.parse(JSON.stringify(detector.save())));
        const rest = eventful.slice(seen);
        deepStrictEqual(judge(restored, rest), judge(detector, rest), `after ${seen} values`);
      }
    }),

    one("is as new after a state it cannot read", () => {
      const detector = make(1);
      judge(detector, eventful.slice(0, warmUp + 150));
      const fresh = judge(make(1), eventful);
      for (const junk of junkOf(detector.save())) {
        doesNotThrow(() => detector.restore(junk));
        deepStrictEqual(judge(detector, eventful), fresh, `after ${text(junk)}`);
      }
    }),

    one("survives a state in which every number is another", () => {
      const detector = make(1);
      judge(detector, eventful.slice(0, warmUp + 150));
      const written = JSON.stringify(detector.save());
      for (const number of ["1e9", "-1", "0.5", "0"]) {
        detector.restore(JSON.parse(written.replaceAll(/-?\d+(?:\.\d+)?(?:e-?\d+)?/g, number)));
        for (const verdict of judge(detector, eventful.slice(0, 100))) sound(verdict);
      }
    }),

    one("throws at nothing it is given", () => {
      const detector = make(1);
      const last = eventful.slice(0, warmUp + 150);
      judge(detector, last);
      let timeMs = last[last.length - 1].timeMs;
      for (const value of [...ODD, 1e308, -1e308, 5e-324] as number[]) {
        doesNotThrow(() => sound(detector.observe(value, (timeMs += MINUTE_MS))));
        doesNotThrow(() => sound(detector.observe(100, value, undefined)));
      }
      for (const odd of oddContexts()) {
        doesNotThrow(() => sound(detector.observe(100, (timeMs += MINUTE_MS), odd as never)));
      }
      for (const verdict of judge(detector, ordinary(1000, 5))) sound(verdict);
    }),
  ];
}

function sound(verdict: Verdict): void {
  const { score, anomalous, warmingUp, expected, lower, upper, reason } = verdict;
  ok(score >= 0 && score <= 1, `the score is ${score}`);
  strictEqual(anomalous, score >= 0.5, `${score} is said to be ${anomalous}`);
  strictEqual(typeof warmingUp, "boolean");
  if (warmingUp) strictEqual(score, 0, "it judges while it warms up");
  if (anomalous) ok(typeof reason === "string" && reason.length > 0, "an alarm without a reason");
  for (const each of [expected, lower, upper]) {
    if (each !== undefined) ok(Number.isFinite(each), `${each} is expected`);
  }
  if (lower !== undefined && upper !== undefined) ok(lower <= upper, `${lower} … ${upper}`);
}

function quiet(verdicts: readonly Verdict[], share: number): void {
  const alarms = verdicts.filter(({ anomalous }) => anomalous);
  if (alarms.length <= share * verdicts.length) return;
  fail(`${alarms.length} of ${verdicts.length} values are alarms: ${alarms[0].reason}`);
}

/** @param at - place in the series; without one it is only told */
function near(value: number, wanted: number, tolerance: number, at?: number): boolean {
  const isNear = Math.abs(value - wanted) <= tolerance;
  if (!isNear && at !== undefined) fail(`${value} instead of ${wanted} on value ${at}`);
  return isNear;
}
