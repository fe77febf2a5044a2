/** One resolution and how long it is kept. */
export interface RetentionTier {
  /** Length of one roll-up, ms. */
  readonly stepMs: number;
  /** How long a roll-up is kept after its end, ms. */
  readonly keepMs: number;
}

/** How long what is kept. */
export interface Retention {
  /** Raw windows of each process, after their end, ms. @default 900_000 (15 min) */
  readonly rawMs?: number;
  /**
   * Roll-ups over all processes, finest first; each step is a multiple of the one before.
   * @default 10 s for 6 h, 1 min for 7 d, 1 h for 90 d
   */
  readonly tiers?: readonly RetentionTier[];
  /** Other tiers for the series of a category; see `categoryOf`. @default none */
  readonly byCategory?: Readonly<Record<string, readonly RetentionTier[]>>;
}

/** Complete; categories in a map, so that any name is one. */
export interface ResolvedRetention {
  readonly rawMs: number;
  readonly tiers: readonly RetentionTier[];
  readonly byCategory: ReadonlyMap<string, readonly RetentionTier[]>;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;

export const DEFAULT_RETENTION: ResolvedRetention = Object.freeze({
  rawMs: 15 * MINUTE_MS,
  tiers: Object.freeze([
    { stepMs: 10_000, keepMs: 6 * HOUR_MS },
    { stepMs: MINUTE_MS, keepMs: 7 * DAY_MS },
    { stepMs: HOUR_MS, keepMs: 90 * DAY_MS },
  ]),
  byCategory: new Map(),
});

/** The tiers of a category. */
export function tiersOf(retention: ResolvedRetention, category: string): readonly RetentionTier[] {
  return retention.byCategory.get(category) ?? retention.tiers;
}
