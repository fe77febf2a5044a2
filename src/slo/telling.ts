import type { BoundCounter } from "../instruments/counter.js";
import type { BoundGauge } from "../instruments/gauge.js";
import type { WatchContext } from "../readers/watcher.js";
import type { AlertEvent, Severity } from "../snapshot/events.js";
import { badOf, type Events } from "./objective.js";
import type { ResolvedSloOptions } from "./options.js";
import { percent } from "./review.js";
import type { SloStatus } from "./slo.js";

/** What an SLO tells: metrics at each evaluation, an event when its alert changes. */
export class SloTelling {
  readonly #good: BoundCounter | undefined;
  readonly #bad: BoundCounter | undefined;
  readonly #remaining: BoundGauge;
  readonly #ratio: BoundGauge;
  readonly #burn: readonly BoundGauge[];
  #severity: Severity | undefined;
  #since = 0;

  constructor(
    private readonly options: ResolvedSloOptions,
    private readonly context: WatchContext,
  ) {
    const { name, objective, burnRates, source } = options;
    const slo = { "slo.name": name };
    // The events of a source are counted where they happened.
    if (source === undefined) {
      const events = context.counter("auspex.slo.events", {
        unit: "{event}",
        description: "Events of an SLO, good and bad.",
      });
      this.#good = events.bind({ ...slo, "slo.outcome": "good" });
      this.#bad = events.bind({ ...slo, "slo.outcome": "bad" });
    }
    const gauge = (suffix: string, description: string) =>
      context.gauge(`auspex.slo.${suffix}`, { unit: "1", description });
    this.#remaining = gauge(
      "error_budget.remaining",
      "What is left of the error budget: 1 all, 0 nothing, below 0 overspent.",
    ).bind(slo);
    this.#ratio = gauge("ratio", "Good events of all events in the window.").bind(slo);
    const burn = context.gauge("auspex.slo.burn_rate", {
      unit: "{times}",
      description: "Times as fast as allowed that the error budget is spent.",
    });
    this.#burn = burnRates.map(({ longMs }) => {
      return burn.bind({ ...slo, "slo.window": spanOf(longMs) });
    });
    gauge("objective", "Share of events that must be good.").set(objective, slo);
  }

  /** @param added - since the last time */
  told(added: Events, status: SloStatus): void {
    this.#good?.add(Math.max(0, added.good));
    this.#bad?.add(badOf(added));
    this.#remaining.set(status.budget.remainingRatio);
    this.#ratio.set(status.ratio);
    status.burn.forEach(({ long }, at) => {
      this.#burn[at]?.set(long);
    });
    if (status.severity === this.#severity) return;
    const before = this.#severity;
    this.#severity = status.severity;
    const now = this.context.clock.wall();
    if (before === undefined) this.#since = now;
    this.context.emit(this.#event(status, before ?? "info", now));
  }

  #event(status: SloStatus, before: Severity, now: number): AlertEvent {
    const { name, operation, objective } = this.options;
    const firing = status.burn.filter((each) => each.firing);
    const worst = firing.toSorted((a, b) => b.factor - a.factor)[0];
    const left = `${percent(Math.max(0, status.budget.remainingRatio))} of the error budget is left`;
    const reason =
      worst === undefined
        ? `${name} spends its error budget no faster than allowed; ${left}`
        : `${name} spends its error budget ${worst.long.toFixed(1)} times as fast as allowed over ${spanOf(worst.longMs)}, and still does over ${spanOf(worst.shortMs)}; ${left}`;
    return Object.freeze({
      type: "alert",
      key: `slo:${name}`,
      rule: `slo:${name}`,
      state: worst === undefined ? "resolved" : "firing",
      operation: operation.name ?? name,
      attributes: operation.attributes ?? {},
      signal:
        typeof this.options.sli === "object" && "latencyMs" in this.options.sli
          ? "latency"
          : "errors",
      severity: status.severity ?? before,
      timeMs: now,
      sinceMs: this.#since,
      reason,
      ...(worst !== undefined && { value: worst.long }),
      labels: { slo: name, objective: percent(objective) },
      annotations: { summary: reason },
    } satisfies AlertEvent);
  }
}

/** `5m`, `6h`, `3d` */
export function spanOf(ms: number): string {
  const units: readonly [number, string][] = [
    [86_400_000, "d"],
    [3_600_000, "h"],
    [60_000, "m"],
  ];
  const [length, unit] = units.find(([each]) => ms % each === 0) ?? [1000, "s"];
  return `${ms / length}${unit}`;
}
