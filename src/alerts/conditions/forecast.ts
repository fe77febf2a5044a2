import { matcherOf, matchersOf } from "../matcher.js";
import type { Subject } from "../series/subject.js";
import type { View } from "../series/view.js";
import { duration } from "../words.js";
import type { ForecastCondition } from "./condition.js";
import type { Evaluable, Verdict } from "./evaluable.js";
import { Trend } from "./trend.js";

const MIN_HISTORY_MS = 600_000;
const MAX_HISTORY_MS = 21_600_000;
/** It is on its way back when it would last so much longer than asked. */
const RESOLVE_FACTOR = 1.25;
const MAX_SERIES = 256;

interface Series {
  readonly subject: Subject;
  readonly trend: Trend;
  seenMs: number;
  leftMs: number;
}

/** What will be full within a time if it goes on as in the last third of that time (10 min … 6 h). */
export function forecast({
  forecast: { saturation, attributes, withinMs },
}: ForecastCondition): Evaluable {
  const historyMs = Math.min(MAX_HISTORY_MS, Math.max(MIN_HISTORY_MS, withinMs / 3));
  const isNamed = matcherOf(saturation);
  const isLabelled = matchersOf(attributes);
  const series = new Map<string, Series>();
  let nowMs = 0;
  const look = (view: View): void => {
    nowMs = view.nowMs;
    const { rows, subjects } = view.table("10s", "saturation");
    for (const [number, row] of rows.entries()) {
      if (row?.saturation === undefined || !isNamed(row.name)) continue;
      if (isLabelled?.(row.attributes) === false) continue;
      const each = seriesOf(subjects[number] as Subject);
      if (each === undefined) continue;
      each.seenMs = nowMs;
      each.trend.add(nowMs, row.saturation);
      each.leftMs = each.trend.timeTo(1);
    }
    for (const [key, { seenMs }] of series) if (nowMs - seenMs > historyMs) series.delete(key);
  };
  const seriesOf = (subject: Subject): Series | undefined => {
    let known = series.get(subject.key);
    if (known !== undefined || series.size >= MAX_SERIES) return known;
    known = { subject, trend: new Trend(historyMs), seenMs: nowMs, leftMs: Number.NaN };
    series.set(subject.key, known);
    return known;
  };
  const verdict = ({ key }: Subject): Verdict => {
    const each = series.get(key);
    if (each === undefined || each.seenMs !== nowMs || Number.isNaN(each.leftMs)) return "missing";
    if (each.leftMs <= withinMs) return "breach";
    return each.leftMs <= withinMs * RESOLVE_FACTOR ? "between" : "clear";
  };
  const told = { signal: "saturation", unit: "ms", what: "time until it is full" };
  return {
    isOfOperations: false,
    windowMs: 0,
    verdict,
    known: () => Array.from(series.values(), ({ subject }) => subject),
    breaches(view, tell) {
      look(view);
      for (const { subject, leftMs } of series.values()) {
        if (verdict(subject) !== "breach") continue;
        const reason =
          leftMs === 0
            ? `${subject.operation} is full`
            : `${subject.operation} will be full in ${duration(leftMs)} if it goes on like this`;
        tell({ ...told, subject, value: leftMs, threshold: withinMs, reason });
      }
    },
    absent(_view, tell) {
      for (const { subject, seenMs } of series.values()) {
        if (seenMs === nowMs) continue;
        tell({ ...told, subject, reason: `no data for ${subject.operation}` });
      }
    },
  };
}
