import type { Anomaly } from "../../snapshot/events.js";
import { seriesKey } from "../keys.js";
import { matcherOf, matchersOf } from "../matcher.js";
import type { Subject } from "../series/subject.js";
import { isAtLeast } from "../severity.js";
import type { AnomalyCondition } from "./condition.js";
import type { Breach, Evaluable } from "./evaluable.js";

const LIMIT = 2000;
/** An anomaly that nobody spoke of for so long is over: its detector has begun anew. */
const STALE_MS = 900_000;
/** After a start detectors have found within this time what was unusual before it. */
const SETTLE_MS = 120_000;

/** The anomalies of now, as `anomaly` events tell of them. */
export class Anomalies {
  /** Not told of for want of room, since the start. */
  turnedAway = 0;
  readonly #live = new Map<string, { anomaly: Anomaly; heardMs: number }>();
  readonly #heard = new Set<string>();

  hear(anomaly: Anomaly, nowMs: number): void {
    if (this.#heard.size < 2 * LIMIT) {
      this.#heard.add(seriesKey(anomaly.operation, anomaly.attributes));
    }
    if (anomaly.state === "ended") this.#live.delete(anomaly.id);
    else if (this.#live.size < LIMIT || this.#live.has(anomaly.id)) {
      this.#live.set(anomaly.id, { anomaly, heardMs: nowMs });
    } else this.turnedAway++;
  }

  forget(nowMs: number): void {
    for (const [id, { heardMs }] of this.#live) {
      if (nowMs - heardMs > STALE_MS) this.#live.delete(id);
    }
  }

  /** Whether a series has been spoken of since this process began: what has not been is not known to be over. */
  has(key: string): boolean {
    return this.#heard.has(key);
  }

  *[Symbol.iterator](): Iterator<Anomaly> {
    for (const { anomaly } of this.#live.values()) yield anomaly;
  }
}

export function anomaly(
  { anomaly: { operation, attributes, signal, severity = "info" } }: AnomalyCondition,
  anomalies: Anomalies,
): Evaluable {
  const isNamed = operation === undefined ? undefined : matcherOf(operation);
  const isLabelled = matchersOf(attributes);
  const isOfSignal = signal === undefined ? undefined : matcherOf(signal);
  const found = new Map<string, Breach>();
  const fits = (each: Anomaly) =>
    isAtLeast(each.severity, severity) &&
    isNamed?.(each.operation) !== false &&
    isOfSignal?.(each.signal) !== false &&
    isLabelled?.(each.attributes) !== false;
  return {
    isOfOperations: signal !== "saturation",
    windowMs: SETTLE_MS,
    verdict: ({ key }) => (found.has(key) ? "breach" : anomalies.has(key) ? "clear" : "missing"),
    known: () => Array.from(found.values(), ({ subject }) => subject),
    breaches(_view, tell) {
      found.clear();
      for (const each of anomalies) {
        if (!fits(each)) continue;
        const breach = breachOf(each);
        const known = found.get(breach.subject.key);
        if (known === undefined || isWorse(breach, known)) found.set(breach.subject.key, breach);
      }
      for (const breach of found.values()) tell(breach);
    },
    absent() {},
  };
}

function isWorse(one: Breach, other: Breach): boolean {
  return isAtLeast(one.severity ?? "info", other.severity ?? "info");
}

function breachOf(each: Anomaly): Breach {
  const { operation, attributes, signal, severity, unit, observed, reason } = each;
  const subject: Subject = { key: seriesKey(operation, attributes), operation, attributes };
  const bound = observed > (each.expected ?? observed) ? each.upper : each.lower;
  return {
    subject,
    value: observed,
    threshold: bound,
    signal,
    unit,
    what: signal,
    severity,
    reason,
  };
}
