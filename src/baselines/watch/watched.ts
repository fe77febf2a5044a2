import type { Signal } from "../../snapshot/events.js";
import type { AttributesData } from "../../snapshot/model.js";
import { Baseline } from "../baseline.js";
import { DAY_MS, HOURS_A_WEEK } from "../calendar.js";
import { History } from "../history.js";

/** Values that make more than noise. */
const LASTING = 5;

/** What a series is of. */
export interface Subject {
  /** The operation, or the saturation. */
  readonly operation: string;
  readonly attributes: AttributesData;
  /** The instrument of an operation's durations; "" for a saturation. */
  readonly instrument: string;
  readonly signal: Signal;
  /** UCUM; `"1"` for a share of what is full. */
  readonly unit: string;
  /** It can run full: its values are 0 … 1. */
  readonly limited: boolean;
}

/** One series that is learned. */
export class Watched {
  readonly baseline = new Baseline();
  readonly history: History;
  /** When it last had a value, epoch ms. */
  seenMs = 0;
  /** When what kind of insight was told, and how severe it was. */
  readonly told = new Map<string, { readonly timeMs: number; readonly rank: number }>();

  constructor(
    readonly key: string,
    readonly subject: Subject,
  ) {
    this.history = new History({ extremes: subject.signal === "saturation" });
  }

  observe(timeMs: number, value: number, max = value): void {
    this.seenMs = timeMs;
    this.baseline.observe(value, timeMs);
    this.history.add(timeMs, value, max);
  }

  /** Whether a day has been seen, so that its hours can be told apart. */
  isKnown(): boolean {
    const [first] = this.history.series("hours");
    return first !== undefined && this.seenMs - first.timeMs >= DAY_MS;
  }

  /** Whether it has been above its range for some minutes, and above every hour of the week before. */
  isAboveNormal(timeMs: number): boolean {
    const range = this.baseline.range(timeMs);
    if (range === undefined) return false;
    const week = this.history.series("hours").slice(-HOURS_A_WEEK);
    const most = week.reduce((max, { value }) => Math.max(max, value), range.upper);
    return this.history
      .series("minutes")
      .slice(-LASTING)
      .every(({ value }) => value > most);
  }

  toJSON(): unknown {
    const { key, seenMs, baseline, history } = this;
    const told = [...this.told].map(([kind, { timeMs, rank }]) => [kind, timeMs, rank]);
    return { key, seenMs, baseline: baseline.save(), history: history.save(), told };
  }

  /** What cannot be read is learned anew. */
  restore(saved: Saved): void {
    this.seenMs = saved.seenMs;
    this.baseline.restore(saved.baseline);
    this.history.restore(saved.history);
    for (const entry of Array.isArray(saved.told) ? (saved.told as unknown[]) : []) {
      const [kind, timeMs, rank] = Array.isArray(entry) ? (entry as unknown[]) : [];
      if (typeof kind !== "string" || this.told.size >= 16) continue;
      this.told.set(kind, { timeMs: Number(timeMs), rank: Number(rank) });
    }
  }
}

/** A series as it was saved. */
export interface Saved {
  readonly key: string;
  readonly seenMs: number;
  readonly baseline?: unknown;
  readonly history?: unknown;
  readonly told?: unknown;
}

export function isSaved(value: unknown): value is Saved {
  const { key, seenMs } = (value ?? {}) as Record<string, unknown>;
  return typeof key === "string" && Number.isFinite(seenMs);
}
