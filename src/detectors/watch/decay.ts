/** The share that is left after one step, of what halves in so many. */
export function keptPerStep(halfLifeMs: number, stepMs: number): number {
  return 0.5 ** (stepMs / halfLifeMs);
}

export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;
