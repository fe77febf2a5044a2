/** One value of a series. */
export interface Point {
  /** Epoch ms; of a series that is counted in steps, the step. */
  readonly timeMs: number;
  readonly value: number;
}

/** Values over time, in any order; what is not finite is left out. */
export type Series = readonly Point[];

/** A series as columns, in the order of time. */
export interface Columns {
  readonly times: Float64Array;
  readonly values: Float64Array;
}

/** Never throws: what cannot be read is left out. */
export function columnsOf(series: Series): Columns {
  const known: Point[] = [];
  try {
    for (const point of series) {
      const { timeMs, value } = point;
      if (Number.isFinite(timeMs) && Number.isFinite(value)) known.push({ timeMs, value });
    }
  } catch {
    // No list, or a point that throws: what came before it stands.
  }
  known.sort((a, b) => a.timeMs - b.timeMs);
  return {
    times: Float64Array.from(known, ({ timeMs }) => timeMs),
    values: Float64Array.from(known, ({ value }) => value),
  };
}
