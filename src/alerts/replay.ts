import { Checks, isList, isObject, show } from "../readers/checks.js";
import type { AlertEvent, Anomaly } from "../snapshot/events.js";
import type { WindowName } from "../window/rolling-window.js";
import { Anomalies } from "./conditions/anomaly.js";
import { Burns } from "./conditions/slo.js";
import { Evaluator } from "./evaluator.js";
import type { AlertRule } from "./options.js";
import { AlertsOptionsError } from "./resolve-options.js";
import { resolveRules } from "./resolve-rules.js";
import type { Change, Instance, RuleRun } from "./rule.js";
import { type Recorded, View } from "./series/view.js";
import { duration, plural } from "./words.js";

/**
 * What was recorded at one instant: a snapshot (`JSON.parse(JSON.stringify(auspex.snapshot("1m")))` will
 * do), or several by window, with what detectors said.
 */
export type RecordedStep =
  | Recorded
  | {
      /** Epoch ms. */
      readonly timeMs: number;
      readonly snapshots: Readonly<Partial<Record<WindowName, Recorded>>>;
      readonly anomalies?: readonly Anomaly[];
      /** `alert` events of that time: those of SLOs count. */
      readonly alerts?: readonly AlertEvent[];
    };

/** One time that a rule would have fired. Times are epoch ms. */
export interface ReplayedFiring {
  readonly key: string;
  readonly operation: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly fromMs: number;
  /** Undefined: it still fired at the end of the record. */
  readonly untilMs: number | undefined;
  readonly value: number | undefined;
  readonly reason: string;
}

/** What one rule would have done. */
export interface RuleReplay {
  readonly rule: string;
  /** How often it would have fired. */
  readonly fired: number;
  /** How often it was pending and did not last. */
  readonly calmed: number;
  /** The first 1000. */
  readonly firings: readonly ReplayedFiring[];
  /** How long alerts fired altogether. */
  readonly firingMs: number;
  /** In a sentence. */
  readonly text: string;
}

const MAX_FIRINGS = 1000;
const MAX_ALERTS = 20_000;

/**
 * Runs rules over a record of the past: "this rule would have fired 3 times in 7 d".
 *
 * About as fast as the rules are evaluated live: a week of minutes of 100 series takes less than a second.
 * A window that was not recorded is read from what was. Percentiles that a snapshot from JSON does not have
 * are read as the next higher one that it has.
 * @param record - in order of time; entries that do not advance are left out
 * @throws AlertsOptionsError listing every fault of the rules
 */
export function testRules(
  rules: readonly AlertRule[],
  record: Iterable<RecordedStep>,
): readonly RuleReplay[] {
  const checks = new Checks();
  const resolved = resolveRules(rules, checks);
  if (!isList(record) && typeof record?.[Symbol.iterator] !== "function") {
    checks.fault(`record is ${show(record)}; give a list of snapshots`);
  }
  if (checks.faults.length > 0) throw new AlertsOptionsError(checks.faults);
  const tallies = new Map(resolved.map(({ name }) => [name, new Tally(name)]));
  const anomalies = new Anomalies();
  const burns = new Burns();
  let step: Step | undefined;
  let view: View | undefined;
  let evaluator: Evaluator | undefined;
  let startedMs = 0;
  for (const each of record) {
    const next = stepOf(each);
    if (next === undefined || next.timeMs <= (step?.timeMs ?? Number.NEGATIVE_INFINITY)) continue;
    step = next;
    const { timeMs } = step;
    if (evaluator === undefined || view === undefined) {
      startedMs = timeMs;
      view = new View((window) => snapshotOf(step, window));
      evaluator = new Evaluator({
        rules: resolved,
        service: next.service,
        maxAlerts: MAX_ALERTS,
        startedMs,
        sources: { anomalies, burns, tally: { callbackErrors: 0 } },
        onChange: (change, run, instance) => {
          tallies.get(run.rule.name)?.note(change, run, instance, step?.timeMs ?? startedMs);
        },
      });
    }
    for (const anomaly of step.anomalies) anomalies.hear(anomaly, timeMs);
    anomalies.forget(timeMs);
    for (const alert of step.alerts) burns.hear(alert);
    view.begin(timeMs);
    for (const _ of evaluator.step(view));
    view.end();
  }
  const lastedMs = (step?.timeMs ?? startedMs) - startedMs;
  return Array.from(tallies.values(), (tally) => tally.report(lastedMs, step?.timeMs ?? 0));
}

interface Step {
  readonly timeMs: number;
  readonly service: string;
  readonly snapshots: Readonly<Partial<Record<WindowName, Recorded>>>;
  readonly anomalies: readonly Anomaly[];
  readonly alerts: readonly AlertEvent[];
}

function stepOf(given: RecordedStep): Step | undefined {
  if (!isObject(given)) return undefined;
  if ("snapshots" in given) {
    const { timeMs, snapshots } = given;
    const [some] = Object.values(snapshots);
    const anomalies = (isList(given.anomalies) ? given.anomalies : []).filter(isObject);
    const alerts = (isList(given.alerts) ? given.alerts : []).filter((each) => {
      return isObject(each) && isObject(each.labels);
    });
    return { timeMs, snapshots, anomalies, alerts, service: some?.service ?? "" };
  }
  const { end, window = "1m", service = "" } = given;
  if (typeof end !== "number") return undefined;
  return { timeMs: end, service, snapshots: { [window]: given }, anomalies: [], alerts: [] };
}

function snapshotOf(step: Step | undefined, window: WindowName): Recorded {
  return step?.snapshots[window] ?? Object.values(step?.snapshots ?? {})[0] ?? {};
}

/** What one rule does in a replay. */
class Tally {
  readonly #open = new Map<string, ReplayedFiring>();
  readonly #firings: ReplayedFiring[] = [];
  #fired = 0;
  #pending = 0;
  #firingMs = 0;

  constructor(private readonly rule: string) {}

  note(change: Change, run: RuleRun, instance: Instance, timeMs: number): void {
    const { key } = instance;
    if (change === "pending") this.#pending++;
    else if (change === "firing") {
      this.#fired++;
      if (run.rule.forMs > 0) this.#pending--;
      const { operation, labels, value, reason } = run.firing(instance);
      const firing = { key, operation, labels, fromMs: timeMs, untilMs: undefined, value, reason };
      this.#open.set(key, firing);
    } else this.#close(key, timeMs);
  }

  report(lastedMs: number, endMs: number): RuleReplay {
    for (const firing of this.#open.values()) {
      this.#firingMs += endMs - firing.fromMs;
      this.#keep(firing);
    }
    const firings = this.#firings.toSorted((one, other) => one.fromMs - other.fromMs);
    const often =
      this.#fired === 0 ? "not have fired" : `have fired ${plural(this.#fired, "time")}`;
    return {
      rule: this.rule,
      fired: this.#fired,
      calmed: this.#pending,
      firings,
      firingMs: this.#firingMs,
      text: `${this.rule} would ${often} in ${duration(lastedMs)}`,
    };
  }

  #close(key: string, timeMs: number): void {
    const firing = this.#open.get(key);
    if (firing === undefined) return;
    this.#open.delete(key);
    this.#firingMs += timeMs - firing.fromMs;
    this.#keep({ ...firing, untilMs: timeMs });
  }

  #keep(firing: ReplayedFiring): void {
    if (this.#firings.length < MAX_FIRINGS) this.#firings.push(firing);
  }
}
