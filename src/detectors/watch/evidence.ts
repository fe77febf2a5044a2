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

  /** @param ratio - log-likelihood ratio of "something is wrong" to "all is as ever" */
  add(ratio: number): void {
    const { LIMIT } = Evidence;
    const most = LIMIT / this.windows;
    // A window that could not be read says nothing.
    if (Number.isNaN(ratio)) return;
    const step = Math.max(-LIMIT / 4, Math.min(most, ratio));
    this.level = Math.min(1.3 * LIMIT, Math.max(0, this.level + step));
  }

  /** 0…1; an alarm from 0.5. */
  get score(): number {
    return Math.min(1, this.level / (2 * Evidence.LIMIT));
  }

  get isAlarming(): boolean {
    return this.level >= Evidence.LIMIT;
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
    count: 0,
    expected: 0,
  }));

  learn(count: number, expected: number): void {
    for (const block of this.#blocks) {
      block.seen++;
      block.count += count;
      block.expected += expected;
      if (block.seen < block.windows) continue;
      if (block.expected > 0.01) {
        block.dispersion.learn((block.count - block.expected) ** 2 / block.expected);
      }
      block.seen = 0;
      block.count = 0;
      block.expected = 0;
    }
  }

  get divisor(): number {
    return Math.max(...this.#blocks.map(({ dispersion }) => dispersion.divisor));
  }

  get values(): number[] {
    return this.#blocks.map(({ dispersion }) => dispersion.value);
  }

  set values(values: readonly number[]) {
    this.#blocks.forEach(({ dispersion }, at) => {
      dispersion.value = values[at] ?? dispersion.value;
    });
  }
}
