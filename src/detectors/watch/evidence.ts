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

/** So many windows, and each one more counts a hundredth. */
const KNOWN = 90;

/**
 * How much more counts vary than chance alone would have them: bursts, retries and batches come together,
 * and the evidence of each is worth so much less.
 */
export class Dispersion {
  /** 1: as chance has it. */
  value = 1;
  #learned = 0;

  /** @param most - one deviation counts for no more */
  constructor(private readonly most = 100) {}

  /** What was learned before a restart: an incident that goes on then must not be taken for it. */
  restore(value: number): void {
    if (!(value >= 0)) return;
    this.value = value;
    this.#learned = KNOWN;
  }

  /** What another one knows. */
  follow(other: Dispersion): void {
    this.value = other.value;
    this.#learned = other.#learned;
  }

  /** @param squared - squared deviation ÷ variance by chance */
  learn(squared: number): void {
    if (!(squared >= 0)) return;
    // The mean of all at first: one who starts among batches knows it within minutes.
    this.#learned++;
    this.value +=
      Math.max(0.01, 1 / (this.#learned + 10)) * (Math.min(squared, this.most) - this.value);
  }

  /** Never below 1: luck is no reason to be surer. */
  get divisor(): number {
    return Math.max(1, this.value);
  }
}

/**
 * The same for counts that wander: how much sums of one, of nine and of thirty windows vary. Load that is
 * high for ten minutes and low for the next ten varies no more from one window to the next than chance
 * has it, yet evidence that is gathered over minutes must not take its windows for independent.
 */
export class WanderingDispersion {
  readonly #blocks = [1, 9, 30].map((windows) => ({
    windows,
    dispersion: new Dispersion(100 * windows),
    seen: 0,
    away: 0,
    variance: 0,
  }));

  /**
   * @param away - what was counted, less what was expected
   * @param variance - of it by chance
   */
  learn(away: number, variance: number): void {
    for (const block of this.#blocks) {
      block.seen++;
      block.away += away;
      block.variance += variance;
      if (block.seen < block.windows) continue;
      if (block.variance > 0.01) block.dispersion.learn(block.away ** 2 / block.variance);
      empty(block);
    }
  }

  /** Another level: what was gathered is of the one before. */
  restart(): void {
    for (const block of this.#blocks) empty(block);
  }

  /** What another one knows. */
  follow(other: WanderingDispersion): void {
    this.#blocks.forEach((block, at) => {
      const { dispersion, seen, away, variance } = other.#blocks[at] as Block;
      block.dispersion.follow(dispersion);
      block.seen = seen;
      block.away = away;
      block.variance = variance;
    });
  }

  get divisor(): number {
    return Math.max(...this.#blocks.map(({ dispersion }) => dispersion.divisor));
  }

  get values(): number[] {
    return this.#blocks.map(({ dispersion }) => dispersion.value);
  }

  set values(values: readonly number[]) {
    this.#blocks.forEach(({ dispersion }, at) => {
      dispersion.restore(values[at] ?? dispersion.value);
    });
  }
}

interface Block {
  readonly dispersion: Dispersion;
  seen: number;
  away: number;
  variance: number;
}

function empty(block: Block): void {
  block.seen = 0;
  block.away = 0;
  block.variance = 0;
}
