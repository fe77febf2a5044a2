import type { BoundGauge } from "../instruments/gauge.js";
import type { WatchContext } from "../readers/watcher.js";
import type { DeskMeter } from "./desk.js";
import type { QualityFigures } from "./quality.js";
import { SEVERITIES } from "./severity.js";

/** What alerts say of themselves as metrics. */
export interface Figures {
  readonly firing: Readonly<Record<(typeof SEVERITIES)[number], number>>;
  readonly pending: number;
  readonly incidents: number;
  readonly turnedAway: number;
  readonly leads: boolean;
  readonly queued: Iterable<readonly [notifier: string, count: number]>;
  readonly fatigue: Iterable<readonly [notifier: string, score: number]>;
}

const OUTCOMES: Readonly<Record<keyof QualityFigures, string>> = {
  fired: "fired",
  resolved: "resolved",
  acknowledged: "acknowledged",
  autoResolved: "auto_resolved",
  untold: "untold",
};

/** Counts what becomes of firings and notices, and shows how many there are. */
export class Meters implements DeskMeter {
  readonly #notices;
  readonly #untold;
  readonly #rules;
  readonly #firing: readonly (readonly [(typeof SEVERITIES)[number], BoundGauge])[];
  readonly #pending: BoundGauge;
  readonly #incidents: BoundGauge;
  readonly #turnedAway: BoundGauge;
  readonly #leader: BoundGauge;
  readonly #queued;
  readonly #fatigue;

  constructor(context: Pick<WatchContext, "counter" | "gauge">) {
    this.#notices = context.counter("auspex.alerts.notices", {
      unit: "{notice}",
      description: "Notices by notifier and by what became of them.",
    });
    this.#untold = context.counter("auspex.alerts.untold", {
      unit: "{alert}",
      description: "Firings that nobody was told of, by reason.",
    });
    this.#rules = context.counter("auspex.alerts.rule.firings", {
      unit: "{alert}",
      description: "Firings of each rule, and what became of them.",
    });
    const gauge = (name: string, unit: string, description: string) =>
      context.gauge(`auspex.alerts.${name}`, { unit, description });
    const firing = gauge("firing", "{alert}", "Alerts that fire in this process.");
    this.#firing = SEVERITIES.map((severity) => {
      return [severity, firing.bind({ "alert.severity": severity })] as const;
    });
    this.#pending = gauge("pending", "{alert}", "Alerts that are about to fire.").bind();
    this.#incidents = gauge("incidents", "{incident}", "Incidents that are open.").bind();
    this.#turnedAway = gauge(
      "turned_away",
      "{alert}",
      "Series beyond a threshold that there was no room for.",
    ).bind();
    this.#leader = gauge("leader", "1", "1 in the process that notifies.").bind();
    this.#queued = gauge("queued", "{notice}", "Notices that wait to be sent, by notifier.");
    this.#fatigue = gauge(
      "fatigue",
      "1",
      "How much a notifier has been asked to tell: from 1 on, digests.",
    );
  }

  untold(reason: string): void {
    this.#untold.add(1, { "alert.reason": reason });
  }

  rule(rule: string, what: keyof QualityFigures): void {
    this.#rules.add(1, { "alert.rule": rule, "alert.outcome": OUTCOMES[what] });
  }

  notice(notifier: string, outcome: string, reason: string): void {
    this.#notices.add(1, {
      "alert.notifier": notifier,
      "alert.outcome": outcome,
      ...(reason !== "" && { "alert.reason": reason }),
    });
  }

  show({ firing, pending, incidents, turnedAway, leads, queued, fatigue }: Figures): void {
    for (const [severity, bound] of this.#firing) bound.set(firing[severity]);
    this.#pending.set(pending);
    this.#incidents.set(incidents);
    this.#turnedAway.set(turnedAway);
    this.#leader.set(leads ? 1 : 0);
    for (const [notifier, count] of queued) {
      this.#queued.set(count, { "alert.notifier": notifier });
    }
    for (const [notifier, score] of fatigue) {
      this.#fatigue.set(score, { "alert.notifier": notifier });
    }
  }
}
