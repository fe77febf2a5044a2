import { Ring } from "./ring.js";
import type { Point, Series } from "./series.js";
import { SteadyTime } from "./steady-time.js";

const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const MINUTES = 360;
const HOURS = 5 * 168;

export type Resolution = "minutes" | "hours";
export type HistoryFigure = "mean" | "max" | "min";
const FIGURES: readonly HistoryFigure[] = ["mean", "max", "min"];

export interface HistoryOptions {
  /** Minutes that are kept one by one, 10 … 10,080. @default 360 */
  readonly minutes?: number;
  /** Hours that are kept, 24 … 17,520. @default 840, five weeks */
  readonly hours?: number;
  /** Keep the largest and the least value of each step beside its mean, at three times the memory. @default false */
  readonly extremes?: boolean;
}

/** A step that is under way. */
interface Open {
  step: number;
  count: number;
  sum: number;
  max: number;
  min: number;
}

/**
 * A series over weeks in bounded memory: minutes for the last six hours, hours for the last five weeks.
 *
 * 4.8 KB when full, 14.4 KB with extremes; grows as it fills. Times should advance: one up to two hours back
 * is left out, a clock that jumps further is believed after ten values. Never throws after construction.
 */
export class History {
  readonly #minutes: Level;
  readonly #hours: Level;
  readonly #time = new SteadyTime();

  /** @throws RangeError listing options out of range */
  constructor(options?: HistoryOptions) {
    const { minutes = MINUTES, hours = HOURS, extremes = false } = { ...options };
    const faults = [fault("minutes", minutes, 10, 10_080), fault("hours", hours, 24, 17_520)];
    const found = faults.filter((text) => text !== undefined);
    if (found.length > 0) throw new RangeError(found.join("; "));
    const fields = extremes ? 3 : 1;
    this.#minutes = new Level(MINUTE_MS, new Ring(fields, minutes));
    this.#hours = new Level(HOUR_MS, new Ring(fields, hours));
  }

  /** Bytes of its steps, now. */
  get bytes(): number {
    return this.#minutes.ring.bytes + this.#hours.ring.bytes;
  }

  /**
   * @param max - the largest value of the time that `value` is the mean of
   * @returns whether it was taken
   */
  add(timeMs: number, value: number, max = value): boolean {
    if (!Number.isFinite(timeMs) || !Number.isFinite(value)) return false;
    const judgement = this.#time.judge(timeMs);
    if (judgement === "doubtful") return false;
    if (judgement === "turned back") {
      this.#minutes.clear();
      this.#hours.clear();
    }
    this.#hours.add(timeMs, value, max);
    return this.#minutes.add(timeMs, value, max);
  }

  /**
   * Steps that are over, oldest first; a point's time is the start of its step.
   * @param of - the mean without `extremes`, whatever is asked for. @default "mean"
   */
  series(resolution: Resolution, of: HistoryFigure = "mean"): Series {
    return (resolution === "minutes" ? this.#minutes : this.#hours).series(of);
  }

  /** All it knows, as JSON. */
  save(): unknown {
    const lastMs = Number.isNaN(this.#time.lastMs) ? null : this.#time.lastMs;
    return { lastMs, minutes: this.#minutes.save(), hours: this.#hours.save() };
  }

  /** Continues from `save()`. @returns false for what it cannot read in part or whole: that part stays as it was */
  restore(state: unknown): boolean {
    const { lastMs, minutes, hours } = (state ?? {}) as Record<string, unknown>;
    if (lastMs !== null && !Number.isFinite(lastMs)) return false;
    this.#time.restore(lastMs === null ? Number.NaN : (lastMs as number));
    return [this.#minutes.restore(minutes), this.#hours.restore(hours)].every(Boolean);
  }
}

/** Steps of one length. */
class Level {
  #open: Open | undefined;

  constructor(
    private readonly stepMs: number,
    readonly ring: Ring,
  ) {}

  /** @returns whether the step is still under way, or new */
  add(timeMs: number, value: number, max: number): boolean {
    const step = Math.floor(timeMs / this.stepMs);
    const open = this.#open;
    if (open !== undefined && step < open.step) return false;
    if (open === undefined || step > open.step) {
      if (open !== undefined) this.ring.put(open.step, [open.sum / open.count, open.max, open.min]);
      this.#open = { step, count: 1, sum: value, max, min: value };
      return true;
    }
    open.count++;
    open.sum += value;
    open.max = Math.max(open.max, max);
    open.min = Math.min(open.min, value);
    return true;
  }

  clear(): void {
    this.#open = undefined;
    this.ring.clear();
  }

  series(of: HistoryFigure): Series {
    const points: Point[] = [];
    const field = this.ring.fields === 1 ? 0 : Math.max(0, FIGURES.indexOf(of));
    this.ring.forEach(field, (step, value) => {
      points.push({ timeMs: step * this.stepMs, value });
    });
    return points;
  }

  save(): unknown {
    return [this.#open ?? null, this.ring.save()];
  }

  restore(state: unknown): boolean {
    if (!Array.isArray(state) || state.length !== 2) return false;
    const [open, ring] = state as unknown[];
    if (!this.ring.restore(ring)) return false;
    this.#open = isOpen(open) ? { ...open } : undefined;
    return true;
  }
}

function isOpen(value: unknown): value is Open {
  const { step, count, sum, max, min } = (value ?? {}) as Record<string, unknown>;
  return [step, count, sum, max, min].every((field) => Number.isFinite(field));
}

function fault(name: string, value: number, min: number, max: number): string | undefined {
  if (Number.isInteger(value) && value >= min && value <= max) return undefined;
  return `${name} is ${String(value)}; give a whole number from ${min} to ${max}`;
}
