import type { AuspexEvent, Severity } from "../snapshot/events.js";
import { compile, type Sources } from "./conditions/compile.js";
import type { Breach } from "./conditions/evaluable.js";
import type { FiringAlert } from "./firing-alert.js";
import type { ResolvedRule } from "./resolve-rules.js";
import { type Change, type Instance, type RuleHost, RuleRun } from "./rule.js";
import type { View } from "./series/view.js";
import type { Standing } from "./state.js";

export interface EvaluatorOptions {
  readonly rules: readonly ResolvedRule[];
  readonly service: string;
  readonly maxAlerts: number;
  readonly startedMs: number;
  readonly sources: Sources;
  /** Told of each change, with what was to be said when it fired. */
  readonly onChange: (change: Change, run: RuleRun, instance: Instance) => void;
}

/** An alert as it is kept over restarts. */
export interface SavedInstance {
  readonly rule: string;
  readonly standing: Standing;
  readonly breach: Breach;
}

/** All rules of one process: what fires here, whoever tells of it. */
export class Evaluator {
  /** Series that fired in the last step and found no room. */
  turnedAway = 0;
  readonly #runs: readonly RuleRun[];
  #alerts = 0;
  #refused = 0;

  constructor(private readonly options: EvaluatorOptions) {
    const { rules, service, startedMs, sources, onChange } = options;
    const host: RuleHost = {
      service,
      startedMs,
      admit: () => this.#admit(),
      leave: () => void this.#alerts--,
      changed: (run, instance, change) => onChange(change, run, instance),
    };
    this.#runs = rules.map((rule) => {
      const condition = compile(rule.when, rule.name, rule.hysteresis, sources);
      return new RuleRun(rule, condition, host);
    });
  }

  /** Evaluates every rule once; a slice a rule. */
  *step(view: View): Generator<void> {
    this.#refused = 0;
    for (const run of this.#runs) {
      run.evaluate(view);
      yield;
    }
    this.turnedAway = this.#refused;
  }

  /** Pending and firing. */
  get size(): number {
    return this.#alerts;
  }

  *alerts(): Generator<{ readonly run: RuleRun; readonly instance: Instance }> {
    for (const run of this.#runs) {
      for (const instance of run.instances.values()) yield { run, instance };
    }
  }

  *firing(): Generator<FiringAlert> {
    for (const { run, instance } of this.alerts()) {
      if (instance.standing.phase === "firing") yield run.firing(instance);
    }
  }

  save(): SavedInstance[] {
    return Array.from(this.alerts(), ({ run, instance }) => {
      const { standing, breach } = instance;
      return { rule: run.rule.name, standing, breach };
    });
  }

  /** Those of rules that there still are. @param nowMs - no time may lie after it */
  restore(saved: readonly SavedInstance[], nowMs: number): void {
    const runs = new Map(this.#runs.map((run) => [run.rule.name, run]));
    for (const { rule, standing, breach } of saved) {
      const past = {
        phase: standing.phase,
        sinceMs: Math.min(nowMs, standing.sinceMs),
        beganMs: Math.min(nowMs, standing.beganMs),
        breachedMs: Math.min(nowMs, standing.breachedMs),
      };
      runs.get(rule)?.restore(breach.subject, past, breach);
    }
  }

  #admit(): boolean {
    if (this.#alerts >= this.options.maxAlerts) {
      this.#refused++;
      return false;
    }
    this.#alerts++;
    return true;
  }
}

/** What `on("alert")` hears. */
export function alertEvent(
  change: Change,
  run: RuleRun,
  instance: Instance,
  shown: { readonly timeMs: number; readonly sinceMs: number },
): Extract<AuspexEvent, { type: "alert" }> {
  const alert = run.firing(instance);
  const { key, rule, severity, operation, attributes, signal, labels, annotations } = alert;
  const reason = change === "resolved" ? `over: ${alert.reason}` : alert.reason;
  return Object.freeze({
    type: "alert",
    ...{ key, rule, operation, attributes, signal, labels, annotations, reason },
    severity: severity satisfies Severity,
    state: change,
    ...(alert.value !== undefined && { value: alert.value }),
    timeMs: shown.timeMs,
    sinceMs: shown.sinceMs,
  });
}
