const DAY_MS = 86_400_000;
const MAX_DAYS = 30;
const MAX_RULES = 5000;
/** What is over so soon, without anybody having looked at it, need not have been told. */
export const QUICK_MS = 300_000;

/** What became of the firings of one rule, over a day or over all of them. */
export interface QualityFigures {
  readonly fired: number;
  readonly resolved: number;
  readonly acknowledged: number;
  /** Over within five minutes, and nobody had acknowledged. */
  readonly autoResolved: number;
  /** Never told of: kept quiet, or over before its group was due. */
  readonly untold: number;
}

/** How good a rule is, over the last 30 days. */
export interface RuleQuality extends QualityFigures {
  readonly rule: string;
  /** Acknowledged ÷ those that were acknowledged or over within minutes; undefined while there are none. */
  readonly precision: number | undefined;
  /** Over within minutes ÷ resolved; undefined while there are none. */
  readonly noise: number | undefined;
  readonly meanDurationMs: number | undefined;
  readonly days: readonly (QualityFigures & { readonly day: string })[];
}

type Counts = { -readonly [K in keyof QualityFigures]: number } & { lastedMs: number };

/** Kept: counts by rule and by day since the epoch. */
export type QualityState = readonly (readonly [string, readonly (readonly [number, Counts])[]])[];

/** Counts what became of firings, so that a bad rule can be seen. */
export class Quality {
  readonly #rules = new Map<string, Map<number, Counts>>();

  /** @param told - hears of each count, for metrics */
  constructor(private readonly told: (rule: string, what: keyof QualityFigures) => void) {}

  fired(rule: string, timeMs: number): void {
    this.#count(rule, timeMs, "fired");
  }

  acknowledged(rule: string, timeMs: number): void {
    this.#count(rule, timeMs, "acknowledged");
  }

  untold(rule: string, timeMs: number): void {
    this.#count(rule, timeMs, "untold");
  }

  resolved(rule: string, timeMs: number, lastedMs: number, wasAcknowledged: boolean): void {
    this.#count(rule, timeMs, "resolved", lastedMs);
    if (lastedMs <= QUICK_MS && !wasAcknowledged) this.#count(rule, timeMs, "autoResolved");
  }

  report(): readonly RuleQuality[] {
    return Array.from(this.#rules, ([rule, days]) => {
      const all = sum(days.values());
      const judged = all.acknowledged + all.autoResolved;
      const { lastedMs, ...figures } = all;
      return {
        rule,
        ...figures,
        precision: ratio(all.acknowledged, judged),
        noise: ratio(all.autoResolved, all.resolved),
        meanDurationMs: ratio(lastedMs, all.resolved),
        days: Array.from(days, ([day, { lastedMs: _, ...counts }]) => ({
          day: new Date(day * DAY_MS).toISOString().slice(0, 10),
          ...counts,
        })),
      };
    });
  }

  save(): QualityState {
    return Array.from(this.#rules, ([rule, days]) => [rule, [...days]] as const);
  }

  restore(state: QualityState): void {
    this.#rules.clear();
    for (const [rule, days] of state.slice(0, MAX_RULES)) {
      const kept = days.filter(([day]) => Number.isInteger(day)).slice(-MAX_DAYS);
      this.#rules.set(rule, new Map(kept.map(([day, counts]) => [day, { ...none(), ...counts }])));
    }
  }

  #count(rule: string, timeMs: number, what: keyof QualityFigures, lastedMs = 0): void {
    this.told(rule, what);
    const day = Math.floor(timeMs / DAY_MS);
    let days = this.#rules.get(rule);
    if (days === undefined) {
      if (this.#rules.size >= MAX_RULES) return;
      days = new Map();
      this.#rules.set(rule, days);
    }
    const counts = days.get(day) ?? none();
    days.set(day, counts);
    counts[what]++;
    counts.lastedMs += lastedMs;
    for (const old of days.keys()) if (old <= day - MAX_DAYS) days.delete(old);
  }
}

function none(): Counts {
  return { fired: 0, resolved: 0, acknowledged: 0, autoResolved: 0, untold: 0, lastedMs: 0 };
}

function sum(days: Iterable<Counts>): Counts {
  const all = none();
  for (const counts of days) {
    for (const name of Object.keys(all) as (keyof Counts)[]) all[name] += counts[name];
  }
  return all;
}

function ratio(part: number, whole: number): number | undefined {
  return whole === 0 ? undefined : part / whole;
}
