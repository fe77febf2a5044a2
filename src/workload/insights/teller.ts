import type { Insight } from "../../snapshot/events.js";
import { LruMap } from "../lru-map.js";

/** What an insight says beside its time and state. */
export type Finding = Pick<
  Insight,
  "kind" | "operation" | "signal" | "severity" | "reason" | "advice" | "data"
>;

/** Conditions that are remembered at a time. */
const MAX_CONDITIONS = 5000;

interface Condition {
  isOn: boolean;
  /** Begun, and told; its end is worth telling too. */
  isTold: boolean;
  toldMs: number;
}

/**
 * Tells of conditions when they begin and when they end, and of none twice: one that comes back within the
 * cool-down is told when the cool-down is over, if it still holds.
 */
export class Teller {
  readonly #conditions = new LruMap<string, Condition>(MAX_CONDITIONS);

  constructor(
    private readonly coolDownMs: number,
    private readonly emit: (insight: Insight) => void,
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
    const condition = known ?? { isOn, isTold: false, toldMs: Number.NEGATIVE_INFINITY };
    this.#conditions.set(key, condition);
    condition.isOn = isOn;
    if (isOn) {
      if (condition.isTold || Math.abs(timeMs - condition.toldMs) < this.coolDownMs) return;
      condition.isTold = true;
      condition.toldMs = timeMs;
      this.#tell(finding(), "begun", timeMs);
    } else if (condition.isTold) {
      condition.isTold = false;
      const { advice: _, ...ended } = finding();
      this.#tell({ ...ended, severity: "info", reason: `over: ${ended.reason}` }, "ended", timeMs);
    }
  }

  /** Something that has no end: told when the same was not told within the cool-down. */
  once(key: string, timeMs: number, finding: () => Finding): void {
    const known = this.#conditions.peek(key);
    if (known !== undefined && Math.abs(timeMs - known.toldMs) < this.coolDownMs) return;
    this.#conditions.set(key, { isOn: false, isTold: false, toldMs: timeMs });
    this.#tell(finding(), "begun", timeMs);
  }

  #tell(finding: Finding, state: "begun" | "ended", timeMs: number): void {
    const { data, ...rest } = finding;
    this.emit({ type: "insight", attributes: {}, timeMs, ...rest, data: { ...data, state } });
  }
}
