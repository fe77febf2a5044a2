import { type CallbackTally, GuardedRead } from "../../instruments/guarded-read.js";

/** What a source answers, by name; asked once a second. */
export type Readings<K extends string> = Readonly<Partial<Record<K, () => unknown>>>;

/** The answer of a limit that there is none; anything else below 0 is nonsense. */
export const UNLIMITED = -1;

/** A foreign number ≥ 0, read on the timer. */
class Level {
  /** NaN while there is no fresh answer. */
  value = Number.NaN;
  #unanswered = 0;
  readonly #read: GuardedRead;

  constructor(read: () => unknown, tally: CallbackTally) {
    const take = (value: number): void => {
      this.#unanswered = 0;
      this.value = value >= 0 ? value : Number.NaN;
      if (value < 0 && value !== UNLIMITED) tally.callbackErrors++;
    };
    this.#read = new GuardedRead(read, take, tally);
  }

  poll(): void {
    // What was promised may come until the next poll; an old value must not stand for longer.
    if (this.#unanswered++ > 0) this.value = Number.NaN;
    this.#read.poll();
  }
}

/** The foreign numbers of one source. One that fails hides no other. */
export class Levels<K extends string> {
  readonly #levels = new Map<string, Level>();

  constructor(private readonly tally: CallbackTally) {}

  /** Reads these from now on, in place of all before; an answer still promised to those is let go. */
  use(readings: Readings<K>): void {
    this.#levels.clear();
    for (const [name, read] of Object.entries<(() => unknown) | undefined>(readings)) {
      if (read !== undefined) this.#levels.set(name, new Level(read, this.tally));
    }
  }

  poll(): void {
    for (const level of this.#levels.values()) level.poll();
  }

  has(name: K): boolean {
    return this.#levels.has(name);
  }

  /** NaN where it is not read, or has no fresh answer. */
  of(name: K): number {
    return this.#levels.get(name)?.value ?? Number.NaN;
  }
}
