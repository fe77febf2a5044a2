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

  /** What was learned before a restart: an incident that goes on then must not be taken for it. */
  restore(value: number): void {
    if (!(value >= 0)) return;
    this.value = value;
    this.#learned = KNOWN;
  }

  /** @param squared - squared deviation ÷ variance by chance */
  learn(squared: number): void {
    if (!(squared >= 0)) return;
    this.#learned++;
    this.value = moved(this.value, this.#learned, Math.min(squared, MOST));
  }

  /** Never below 1: luck is no reason to be surer. */
  get divisor(): number {
    return Math.max(1, this.value);
  }
}

/** One deviation counts for no more. */
const MOST = 100;

/** The mean of all at first: one who starts among batches knows it within minutes. */
function moved(value: number, learned: number, to: number): number {
  return value + Math.max(0.01, 1 / (learned + 10)) * (to - value);
}

/** Windows whose sums are looked at. */
const BLOCKS = [1, 9, 30];

/** Numbers of a block: its dispersion, how often it was learned, and the sums of the block that is open. */
const VALUE = 0;
const LEARNED = 1;
const SEEN = 2;
const AWAY = 3;
const VARIANCE = 4;
const FIELDS = 5;

/**
 * The same for counts that wander: how much sums of one, of nine and of thirty windows vary. Load that is
 * high for ten minutes and low for the next ten varies no more from one window to the next than chance
 * has it, yet evidence that is gathered over minutes must not take its windows for independent.
 */
export class WanderingDispersion {
  /** Plain numbers side by side: every operation has three of these. */
  readonly #numbers = BLOCKS.flatMap(() => [1, 0, 0, 0, 0]);

  /**
   * @param away - what was counted, less what was expected
   * @param variance - of it by chance
   */
  learn(away: number, variance: number): void {
    const numbers = this.#numbers;
    for (let block = 0; block < BLOCKS.length; block++) {
      const at = block * FIELDS;
      const windows = BLOCKS[block];
      numbers[at + SEEN]++;
      numbers[at + AWAY] += away;
      numbers[at + VARIANCE] += variance;
      if (numbers[at + SEEN] < windows) continue;
      const byChance = numbers[at + VARIANCE];
      const squared = numbers[at + AWAY] ** 2 / byChance;
      if (byChance > 0.01 && squared >= 0) {
        const learned = ++numbers[at + LEARNED];
        numbers[at + VALUE] = moved(
          numbers[at + VALUE],
          learned,
          Math.min(squared, MOST * windows),
        );
      }
      this.#empty(at);
    }
  }

  /** Another level: what was gathered is of the one before. */
  restart(): void {
    for (let block = 0; block < BLOCKS.length; block++) this.#empty(block * FIELDS);
  }

  /** What another one knows. */
  follow(other: WanderingDispersion): void {
    for (let at = 0; at < this.#numbers.length; at++) {
      this.#numbers[at] = other.#numbers[at];
    }
  }

  get divisor(): number {
    let most = 1;
    for (let block = 0; block < BLOCKS.length; block++) {
      most = Math.max(most, this.#numbers[block * FIELDS + VALUE]);
    }
    return most;
  }

  get values(): number[] {
    return BLOCKS.map((_, block) => this.#numbers[block * FIELDS + VALUE]);
  }

  set values(values: readonly number[]) {
    BLOCKS.forEach((_, block) => {
      const value = values[block];
      if (value === undefined || !(value >= 0)) return;
      this.#numbers[block * FIELDS + VALUE] = value;
      this.#numbers[block * FIELDS + LEARNED] = KNOWN;
    });
  }

  #empty(at: number): void {
    this.#numbers.fill(0, at + SEEN, at + FIELDS);
  }
}
