import type { AlertEvent, Insight } from "../../snapshot/events.js";
import { LruMap } from "../lru-map.js";

/** What an insight says beside its time and state. */
export type Finding = Pick<
  Insight,
  "kind" | "operation" | "signal" | "severity" | "reason" | "advice" | "data"
> & {
  /** Its name among alerts, where it is one as well: on `events:alerts:{topic}`. */
  readonly alert?: AlertTopic;
};

/** The documents' channels of alerts. */
export type AlertTopic = "distribution" | "gpu" | "system" | "training";

/** Conditions that are remembered at a time. */
const MAX_CONDITIONS = 5000;

interface Condition {
  isOn: boolean;
  /** What was told when it began; its end is worth telling too. */
  told: Finding | undefined;
  toldMs: number;
  judgedMs: number;
}

/**
 * Tells of conditions when they begin and when they end, and of none twice: one that comes back within the
 * cool-down is told when the cool-down is over, if it still holds. Whatever was begun is ended, be it that
 * nobody judges it any more.
 */
export class Teller {
  readonly #conditions = new LruMap<string, Condition>(MAX_CONDITIONS, (key, condition) => {
    this.#end(key, condition, condition.judgedMs, "too many conditions are watched");
  });

  constructor(
    private readonly coolDownMs: number,
    private readonly emit: (event: AlertEvent | Insight) => void,
  ) {}

  /** Whether a condition holds, as it was judged last: for hysteresis. */
  isOn(key: string): boolean {
    return this.#conditions.peek(key)?.isOn ?? false;
  }

  /**
   * @param key - which condition
   * @param finding - asked for when there is something to tell
   */
  judge(key: string, isOn: boolean, timeMs: number, finding: () => Finding): void {
    const known = this.#conditions.peek(key);
    if (!isOn && !known?.isOn) return;
    const condition = known ?? {
      isOn,
      told: undefined,
      toldMs: Number.NEGATIVE_INFINITY,
      judgedMs: timeMs,
    };
    condition.judgedMs = timeMs;
    this.#conditions.set(key, condition);
    condition.isOn = isOn;
    if (!isOn) {
      if (condition.told === undefined) return;
      this.#end(key, condition, timeMs, finding().reason, finding().data);
      return;
    }
    if (condition.told !== undefined) return;
    if (Math.abs(timeMs - condition.toldMs) < this.coolDownMs) return;
    condition.told = finding();
    condition.toldMs = timeMs;
    this.#tell(key, condition.told, "begun", timeMs, timeMs);
  }

  /** Something that has no end: told when the same was not told within the cool-down. */
  once(key: string, timeMs: number, finding: () => Finding): void {
    const known = this.#conditions.peek(key);
    if (known !== undefined && Math.abs(timeMs - known.toldMs) < this.coolDownMs) return;
    const toldMs = timeMs;
    this.#conditions.set(key, { isOn: false, told: undefined, toldMs, judgedMs: timeMs });
    this.#tell(key, finding(), "begun", timeMs, timeMs);
  }

  /** What is told at the pace of whoever tells it. */
  always(timeMs: number, finding: Finding): void {
    this.#tell("", finding, "begun", timeMs, timeMs);
  }

  /** Ends what was not judged for `silentMs`: its step, GPU or series is heard of no more. */
  expire(timeMs: number, silentMs: number): void {
    for (const [key, condition] of this.#conditions.entries()) {
      if (!condition.isOn || Math.abs(timeMs - condition.judgedMs) < silentMs) continue;
      condition.isOn = false;
      this.#end(key, condition, timeMs, "nothing is heard of it any more");
    }
  }

  #end(key: string, condition: Condition, timeMs: number, why: string, data?: Finding["data"]) {
    const { told, toldMs } = condition;
    if (told === undefined) return;
    condition.told = undefined;
    const { advice: _, ...ended } = told;
    const over = { ...ended, data: data ?? told.data, reason: `over: ${why}` };
    this.#tell(key, over, "ended", timeMs, toldMs);
  }

  #tell(
    key: string,
    finding: Finding,
    state: "begun" | "ended",
    timeMs: number,
    sinceMs: number,
  ): void {
    const { data, alert, ...said } = finding;
    const severity = state === "ended" ? "info" : said.severity;
    const rest = { attributes: {}, timeMs, ...said };
    this.emit({ type: "insight", ...rest, severity, data: { ...data, state } });
    if (alert !== undefined) this.emit(alertOf(key, alert, finding, { state, timeMs, sinceMs }));
  }
}

/** The same as an alert: `rule` is the documents' topic, `labels.type` which of its alerts it is. */
function alertOf(
  key: string,
  topic: AlertTopic,
  { operation, signal, severity, reason, advice, data }: Finding,
  { state, timeMs, sinceMs }: { state: "begun" | "ended"; timeMs: number; sinceMs: number },
): AlertEvent {
  return Object.freeze({
    type: "alert",
    key: `workload:${key}`,
    rule: topic,
    state: state === "begun" ? "firing" : "resolved",
    operation,
    attributes: {},
    signal,
    severity,
    timeMs,
    sinceMs,
    reason,
    labels: { type: String(data.type) },
    annotations: { summary: reason, ...(advice !== undefined && { recommendation: advice }) },
  } satisfies AlertEvent);
}
