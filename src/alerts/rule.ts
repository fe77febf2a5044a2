import type { Severity } from "../snapshot/events.js";
import type { Breach, Evaluable } from "./conditions/evaluable.js";
import type { FiringAlert } from "./firing-alert.js";
import { hashOf } from "./keys.js";
import type { ResolvedRule } from "./resolve-rules.js";
import type { Subject } from "./series/subject.js";
import type { View } from "./series/view.js";
import { INACTIVE, type Judgement, next, type Standing } from "./state.js";
import { render } from "./template.js";
import { duration, figure } from "./words.js";

/** One alert of a rule: one series that is, or was a step ago, beyond its threshold. */
export interface Instance {
  readonly key: string;
  readonly subject: Subject;
  standing: Standing;
  breach: Breach;
  /** The step in which it was last told of. */
  step: number;
  /** Made anew when the breach is another one. */
  told: FiringAlert | undefined;
}

/** What changed in a step. */
export type Change = "pending" | "firing" | "resolved";

/** What a rule needs of whoever runs it. */
export interface RuleHost {
  readonly service: string;
  /** Steady ms from which windows reach back to before this process started. */
  readonly startedMs: number;
  /** Makes room for one more alert. @returns whether there is any; if not, it is counted */
  admit(): boolean;
  /** An alert is gone. */
  leave(): void;
  changed(rule: RuleRun, instance: Instance, change: Change): void;
}

/** A rule at work: its condition, and the alerts it has. */
export class RuleRun {
  readonly instances = new Map<string, Instance>();

  constructor(
    readonly rule: ResolvedRule,
    private readonly condition: Evaluable,
    private readonly host: RuleHost,
  ) {}

  /** One evaluation. */
  evaluate(view: View): void {
    const { nowMs, step } = view;
    this.condition.breaches(view, (breach) => this.#advance(breach, "breach", nowMs, step));
    if (this.rule.missing === "firing" && this.#isSettled(nowMs)) {
      this.condition.absent(view, (breach) => {
        if (this.instances.get(breach.subject.key)?.step === step) return;
        this.#advance(breach, "breach", nowMs, step);
      });
    }
    for (const instance of this.instances.values()) {
      if (instance.step !== step) this.#move(instance, this.#judge(instance, nowMs), nowMs);
    }
  }

  /** As one process tells others, and the people. */
  firing(instance: Instance): FiringAlert {
    instance.told ??= this.#tell(instance);
    return instance.told;
  }

  severity({ breach }: Instance): Severity {
    return this.rule.severity ?? breach.severity ?? "warning";
  }

  labels(instance: Instance): Record<string, string> {
    const { attributes, operation } = instance.subject;
    const labels: Record<string, string> = Object.create(null);
    for (const [name, value] of Object.entries(attributes)) labels[name] = String(value);
    return Object.assign(labels, this.rule.labels, {
      alertname: this.rule.name,
      severity: this.severity(instance),
      service: this.host.service,
      operation,
    });
  }

  annotations(instance: Instance): Record<string, string> {
    const labels = this.labels(instance);
    const { breach } = instance;
    const shown = (value: number | undefined) =>
      value === undefined ? undefined : figure(value, breach.unit);
    const texts: Record<string, string> = Object.create(null);
    for (const [name, template] of this.rule.annotations) {
      texts[name] = render(template, (placeholder) => {
        if (placeholder === "value") return shown(breach.value);
        if (placeholder === "threshold") return shown(breach.threshold);
        if (placeholder === "rule") return this.rule.name;
        return labels[placeholder];
      });
    }
    return texts;
  }

  /** An alert as a store has kept it. @returns false: there is no room for it */
  restore(subject: Subject, standing: Standing, breach: Breach): boolean {
    if (this.instances.has(subject.key) || !this.host.admit()) return false;
    const instance = { ...this.#make(breach), standing };
    this.instances.set(subject.key, instance);
    return true;
  }

  #advance(breach: Breach, judgement: Judgement, nowMs: number, step: number): void {
    let instance = this.instances.get(breach.subject.key);
    if (instance === undefined) {
      if (!this.host.admit()) return;
      instance = this.#make(breach);
      this.instances.set(breach.subject.key, instance);
    }
    const { breach: before } = instance;
    const isSame =
      before.value === breach.value &&
      before.severity === breach.severity &&
      before.affected?.count === breach.affected?.count;
    if (!isSame || before.reason !== breach.reason) instance.told = undefined;
    instance.breach = breach;
    instance.step = step;
    this.#move(instance, judgement, nowMs);
  }

  #make(breach: Breach): Instance {
    const { subject } = breach;
    const key = hashOf(this.rule.name, this.host.service, subject.key);
    return { key, subject, breach, standing: INACTIVE, step: 0, told: undefined };
  }

  #move(instance: Instance, judgement: Judgement, nowMs: number): void {
    const before = instance.standing.phase;
    // What is said of its end is what was true while it fired.
    if (before === "firing" && judgement === "clear") this.firing(instance);
    instance.standing = next(instance.standing, judgement, nowMs, this.rule);
    const { phase } = instance.standing;
    if (phase === before) return;
    if (phase === "inactive") {
      this.instances.delete(instance.subject.key);
      this.host.leave();
      if (before === "firing") this.host.changed(this, instance, "resolved");
    } else {
      instance.told = undefined;
      this.host.changed(this, instance, phase);
    }
  }

  #judge({ subject }: Instance, nowMs: number): Judgement {
    const verdict = this.condition.verdict(subject);
    if (verdict !== "missing") return verdict;
    if (this.rule.missing === "keep" || !this.#isSettled(nowMs)) return "keep";
    return this.rule.missing === "firing" ? "breach" : "clear";
  }

  /** After a start the windows are as good as empty: nothing is missing yet. */
  #isSettled(nowMs: number): boolean {
    return nowMs - this.host.startedMs >= this.condition.windowMs;
  }

  #tell(instance: Instance): FiringAlert {
    const { key, subject, standing, breach } = instance;
    const { value, threshold, signal, unit, affected, spentBy } = breach;
    const annotations = this.annotations(instance);
    return {
      key,
      rule: this.rule.name,
      severity: this.severity(instance),
      series: subject.key,
      operation: subject.operation,
      attributes: subject.attributes,
      signal,
      unit,
      labels: this.labels(instance),
      annotations,
      ...(value !== undefined && { value }),
      ...(threshold !== undefined && { threshold }),
      reason: annotations["summary"] ?? this.#reason(breach),
      sinceMs: standing.sinceMs,
      beganMs: Math.min(standing.beganMs, breach.beganMs ?? standing.beganMs),
      cooldownMs: this.rule.cooldownMs,
      ...(affected !== undefined && { affected }),
      ...(spentBy !== undefined && { spentBy }),
    };
  }

  #reason({ reason, what, subject, value, threshold, unit }: Breach): string {
    const { forMs } = this.rule;
    const lasting = forMs > 0 ? ` for ${duration(forMs)}` : "";
    if (reason !== undefined) return `${reason}${lasting}`;
    const of = `${what} of ${subject.operation}`;
    if (value === undefined) return `${of} holds${lasting}`;
    const is = `${of} is ${figure(value, unit)}`;
    if (threshold === undefined) return `${is}${lasting}`;
    const side = value > threshold ? "above" : "below";
    return `${is}, ${side} ${figure(threshold, unit)}${lasting}`;
  }
}
