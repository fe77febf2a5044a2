/** A window like all others, as evidence: twenty of them undo an alarm. */
export const CALMING = -0.7;

/**
 * Evidence against "all is as ever", gathered over windows: a CUSUM of log-likelihood ratios.
 *
 * One window adds a part of the limit at most, so that nothing short ever alarms, however violent; and
 * what is weak but lasts adds up.
 *
 * @see Page, "Continuous Inspection Schemes", Biometrika 41 (1954)
 */
export class Evidence {
  /** Natural-log units; alarms at `LIMIT`. */
  level = 0;

  /** @param windows - least number of windows until an alarm */
  constructor(private readonly windows: number) {}

  /** e¹⁵ windows of 10 s: one false alarm in a year of one series, were all windows independent. */
  static readonly LIMIT = 15;

  /**
   * @param ratio - log-likelihood ratio of "something is wrong" to "all is as ever"
   * @param divisor - how many times more the counts vary than by chance: so much less each is worth
   */
  add(ratio: number, divisor = 1): void {
    const { LIMIT } = Evidence;
    // A hair more, or rounding takes one window more.
    const most = ((1 + 1e-9) * LIMIT) / this.windows;
    // A window that could not be read says nothing.
    if (Number.isNaN(ratio)) return;
    // What calms needs no allowance, up to a point: or what comes in clumps would add up for hours.
    const worth = ratio > 0 ? ratio / divisor : Math.min(ratio / divisor, Math.max(ratio, CALMING));
    const step = Math.max(-LIMIT / 4, Math.min(most, worth));
    this.level = Math.min(1.3 * LIMIT, Math.max(0, this.level + step));
  }

  /** 0…1; an alarm from 0.5. */
  get score(): number {
    return Math.min(1, this.level / (2 * Evidence.LIMIT));
  }

  get isAlarming(): boolean {
    return this.level >= Evidence.LIMIT;
  }

  /** Whether nothing at all speaks against "as ever". */
  get isNone(): boolean {
    return this.level === 0;
  }

  /** Whether a window may be learned from. */
  get isCalm(): boolean {
    return this.level < 0.3 * Evidence.LIMIT;
  }

  reset(): void {
    this.level = 0;
  }
}

/** Log-likelihood ratio of `hits` of `count` under `then` and under `now`. */
export function binomialRatio(hits: number, count: number, then: number, now: number): number {
  return hits * Math.log(now / then) + (count - hits) * Math.log((1 - now) / (1 - then));
}

/** The same for a count under two rates. */
export function poissonRatio(count: number, then: number, now: number): number {
  return count * Math.log(now / then) + then - now;
}

/** Log-likelihood ratio of "the one or the other", both as likely. */
export function mixed(one: number, other: number): number {
  const [low, high] = one < other ? [one, other] : [other, one];
  return high + Math.log((1 + Math.exp(low - high)) / 2);
}
