import type { Detector, ObservationContext, Verdict } from "../detectors/detector.js";

/** One value of a series that is made up. */
export interface Made {
  readonly value: number;
  readonly timeMs: number;
}

/** What stands behind a value; `value` is in the unit of the series, `unit` what it was multiplied by. */
export type ContextOf = (value: number, unit: number) => ObservationContext;

const START_MS = Date.UTC(2026, 0, 5);
export const MINUTE_MS = 60_000;

/** Numbers from 0 to 1, the same for the same seed. @see Park and Miller 1988 */
function drawn(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

/** Values around 100 that scatter by 5, like those of a healthy service. */
export function ordinary(count: number, seed = 1, stepMs = MINUTE_MS): Made[] {
  const draw = drawn(seed);
  return Array.from({ length: count }, (_, at) => {
    let sum = -6;
    for (let i = 0; i < 12; i++) sum += draw();
    // Neither values nor times are evenly spaced.
    return { value: 100 + 5 * sum, timeMs: START_MS + Math.round((at + 0.2 * draw()) * stepMs) };
  });
}

/** The same value at every time. */
export function constant(count: number, value: number): Made[] {
  return ordinary(count).map(({ timeMs }) => ({ value, timeMs }));
}

/** Those from one place to another are three times as large. */
export function withIncident(series: readonly Made[], from: number, to: number): Made[] {
  return series.map((made, at) =>
    at >= from && at < to ? { ...made, value: 3 * made.value } : made,
  );
}

/** What a detector says of each, in that unit. */
export function verdictsOf(
  detector: Detector,
  series: readonly Made[],
  contextOf: ContextOf | undefined,
  unit = 1,
): Verdict[] {
  return series.map(({ value, timeMs }) => {
    return detector.observe(value * unit, timeMs, contextOf?.(value * unit, unit));
  });
}
