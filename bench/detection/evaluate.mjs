import { bestOf, PROFILES, pointAt, scoredRows, sweep } from "./scoring.mjs";

/** What a detector alarms from. */
const FIXED = 0.5;

/**
 * Runs a detector over series, a new one for each.
 *
 * @param make - a detector factory
 * @returns of each series `scores` and `windows`; `usPerValue` over all; `stateBytes`, the most that
 *   `save()` took as JSON
 */
export function observe(series, make) {
  let rows = 0;
  let spentMs = 0;
  let stateBytes = 0;
  const judged = series.map(({ times, values, windows }) => {
    const detector = make();
    const scores = new Float64Array(values.length);
    const began = performance.now();
    for (let row = 0; row < values.length; row++) {
      scores[row] = detector.observe(values[row], times[row]).score;
    }
    spentMs += performance.now() - began;
    rows += values.length;
    stateBytes = Math.max(stateBytes, JSON.stringify(detector.save()).length);
    return { scores, windows };
  });
  return { judged, usPerValue: (1000 * spentMs) / rows, stateBytes };
}

/** Every figure of the table, of what `observe` judged. */
export function figuresOf(judged) {
  const points = sweep(judged, PROFILES.standard);
  const low = sweep(judged, PROFILES.lowFalsePositive);
  const fixed = pointAt(points, FIXED);
  const windows = judged.reduce((sum, series) => sum + series.windows.length, 0);
  const found = fixed.caught + fixed.falseAlarms;
  return {
    best: bestOf(points).score,
    bestThreshold: bestOf(points).threshold,
    fixed: fixed.score,
    lowFalsePositive: bestOf(low).score,
    lowFalsePositiveFixed: pointAt(low, FIXED).score,
    lowFalseNegative: bestOf(sweep(judged, PROFILES.lowFalseNegative)).score,
    caught: fixed.caught,
    windows,
    falseAlarms: fixed.falseAlarms,
    falseAlarmsPer1000: (1000 * fixed.falseAlarms) / scoredRows(judged),
    // One alarm a window is what precision counts: further ones within it are neither right nor wrong.
    f1: found + windows === 0 ? 0 : (2 * fixed.caught) / (found + windows),
  };
}
