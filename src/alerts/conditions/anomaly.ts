import type { Anomaly } from "../../snapshot/events.js";
import { seriesKey } from "../keys.js";
import { matcherOf, matchersOf } from "../matcher.js";
import type { Subject } from "../series/subject.js";
import type { View } from "../series/view.js";
import { isAtLeast } from "../severity.js";
import type { AnomalyCondition } from "./condition.js";
import type { Breach, Evaluable } from "./evaluable.js";
import { affectedBy, errorsMeasure, latencyMeasure, type Measure } from "./measure.js";

const LIMIT = 2000;
/** An anomaly that nobody spoke of for so long is over: its detector has begun anew. */
const STALE_MS = 900_000;
/** After a start detectors have found within this time what was unusual before it. */
const SETTLE_MS = 120_000;

/** An anomaly of now, and when it began: steady ms, which no set clock moves. */
interface Live {
  readonly anomaly: Anomaly;
  readonly heardMs: number;
  readonly beganMs: number;
}

/** The anomalies of now, as `anomaly` events tell of them. */
export class Anomalies {
  /** Not told of for want of room, since the start. */
  turnedAway = 0;
  readonly #live = new Map<string, Live>();
  readonly #heard = new Set<string>();

  hear(anomaly: Anomaly, nowMs: number): void {
    if (this.#heard.size < 2 * LIMIT) {
      this.#heard.add(seriesKey(anomaly.operation, anomaly.attributes));
    }
    const { id, state, timeMs, sinceMs } = anomaly;
    const known = this.#live.get(id);
    if (state === "ended") this.#live.delete(id);
    else if (this.#live.size < LIMIT || known !== undefined) {
      const agoMs = Math.max(0, timeMs - sinceMs) || 0;
      this.#live.set(id, { anomaly, heardMs: nowMs, beganMs: known?.beganMs ?? nowMs - agoMs });
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

  live(): Iterable<Live> {
    return this.#live.values();
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
    breaches(view, tell) {
      found.clear();
      for (const each of anomalies.live()) {
        if (!fits(each.anomaly)) continue;
        const breach = breachOf(each, view);
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

function breachOf({ anomaly: each, beganMs }: Live, view: View): Breach {
  const { operation, attributes, signal, severity, unit, observed, reason } = each;
  const subject: Subject = { key: seriesKey(operation, attributes), operation, attributes };
  const bound = observed > (each.expected ?? observed) ? each.upper : each.lower;
  const affected = affectedOf(each, subject, view);
  return {
    subject,
    value: observed,
    threshold: bound,
    signal,
    unit,
    what: signal,
    severity,
    reason,
    beganMs,
    ...(affected !== undefined && { affected }),
  };
}

const MEASURES: Readonly<Record<string, Measure>> = {
  latency: latencyMeasure(99) as unknown as Measure,
  errors: errorsMeasure as unknown as Measure,
};

/** Its requests of the last minute that fail, or that are slower than is usual. */
function affectedOf({ signal, upper }: Anomaly, { key }: Subject, view: View): Breach["affected"] {
  const measure = Object.hasOwn(MEASURES, signal) ? MEASURES[signal] : undefined;
  if (measure === undefined || upper === undefined) return undefined;
  const table = view.table("1m", "operations");
  const number = table.numberOf(key);
  const row = number === undefined ? undefined : table.rows[number];
  return affectedBy(measure, row, upper, () => view.requests("1m"));
}
