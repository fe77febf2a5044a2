// The protocol of the Numenta Anomaly Benchmark: what each row of a series is worth when a detector
// alarms on it, and what a detector earns over many series at one threshold or at its best one.
// Source: Lavin and Ahmad, "Evaluating real-time anomaly detection algorithms" (2015), and
// numenta/NAB nab/sweeper.py, which the comments below name where it decides something.

/** What an alarm in a window earns at most, a false alarm costs at most, and a missed window costs. */
export const PROFILES = {
  standard: { hit: 1, falseAlarm: 0.11, miss: 1 },
  lowFalsePositive: { hit: 1, falseAlarm: 0.22, miss: 1 },
  lowFalseNegative: { hit: 1, falseAlarm: 0.11, miss: 2 },
};

/** The first 15 % of a series, 750 rows at most, never counts. */
export function probationOf(rows) {
  return Math.min(Math.floor(0.15 * rows), 750);
}

/** From 1 well before 0 to -1 well after it; from 3 on exactly -1 (`scaledSigmoid`). */
export function scaledSigmoid(position) {
  return position > 3 ? -1 : 2 / (1 + Math.exp(5 * position)) - 1;
}

const EARLIEST = scaledSigmoid(-1);
const OUTSIDE = -1;
const PROBATION = -2;

/**
 * What an alarm on each row is worth before the profile weighs it.
 *
 * @param windows - [first row, last row] of each window, both inclusive, in order
 * @returns `window`: the index of the row's window, -1 outside, -2 in probation; `worth`: 0…1 in a
 *   window, -1…0 outside
 */
export function rowWorths(rows, windows) {
  const window = new Int32Array(rows).fill(OUTSIDE);
  const worth = new Float64Array(rows);
  let next = 0;
  for (let row = 0; row < rows; row++) {
    while (next < windows.length && row > windows[next][1]) next++;
    const current = windows[next];
    if (current !== undefined && row >= current[0]) {
      window[row] = next;
      const [first, last] = current;
      worth[row] = scaledSigmoid(-(last - row + 1) / (last - first + 1)) / EARLIEST;
    } else if (next === 0) worth[row] = -1;
    else {
      const [first, last] = windows[next - 1];
      worth[row] = scaledSigmoid((row - last) / (last - first));
    }
  }
  window.fill(PROBATION, 0, probationOf(rows));
  return { window, worth };
}

/**
 * The benchmark's score at every threshold that matters.
 *
 * @param series - of each: `windows` as row ranges, and `scores`, one per row
 * @param profile - one of `PROFILES`
 * @returns points by falling threshold: `{ threshold, score, caught, falseAlarms }`; the first is silence
 */
export function sweep(series, profile) {
  const rows = [];
  let windows = 0;
  for (const { scores, windows: ranges } of series) {
    const { window, worth } = rowWorths(scores.length, ranges);
    for (let row = 0; row < scores.length; row++) {
      if (window[row] === PROBATION) continue;
      rows.push([
        scores[row],
        window[row] === OUTSIDE ? OUTSIDE : windows + window[row],
        worth[row],
      ]);
    }
    windows += ranges.length;
  }
  rows.sort((a, b) => b[0] - a[0]);

  const best = new Float64Array(windows).fill(-profile.miss);
  const perfect = windows * profile.hit;
  const silence = -windows * profile.miss;
  let sum = silence;
  let caught = 0;
  let falseAlarms = 0;
  const points = [];
  const note = (threshold) => {
    // Without a window nothing can be earned: silence is perfect.
    const score = windows === 0 ? 100 + sum : (100 * (sum - silence)) / (perfect - silence);
    points.push({ threshold, score, caught, falseAlarms });
  };
  note(Number.POSITIVE_INFINITY);
  for (let at = 0; at < rows.length; at++) {
    const [score, window, worth] = rows[at];
    if (window === OUTSIDE) {
      sum += worth * profile.falseAlarm;
      falseAlarms++;
    } else {
      const earned = worth * profile.hit;
      if (best[window] === -profile.miss) caught++;
      if (earned > best[window]) {
        sum += earned - best[window];
        best[window] = earned;
      }
    }
    // Rows of one score alarm together.
    if (rows[at + 1]?.[0] !== score) note(score);
  }
  return points;
}

/** The point of the highest score; of equal ones that of the highest threshold. */
export function bestOf(points) {
  return points.reduce((best, point) => (point.score > best.score ? point : best));
}

/** What alarming from `threshold` on earns. */
export function pointAt(points, threshold) {
  return points.findLast((point) => point.threshold >= threshold);
}

/** How many rows count: those after probation. */
export function scoredRows(series) {
  return series.reduce((sum, { scores }) => sum + scores.length - probationOf(scores.length), 0);
}
