import { DAY, HOUR, MINUTE } from "./decay.js";

/** One episode of something unusual: when it began, how long it was, how large against what is usual. */
export interface Past {
  readonly beganMs: number;
  size: number;
  lastedMs: number;
}

const MOST = 40;
/** What a clock starts is there to the minute; what people start every day, within a quarter of an hour. */
const CLOCKWORK_SLACK = 3 * MINUTE;
const DAILY_SLACK = 15 * MINUTE;
/** Mondays look back over the weekend, and weeks are looked back over: a report on Mondays. */
const DAYS_BACK = [1, 2, 3, 4, 7, 14];
/** Enough by itself, to the minute. */
const EVERY_DAY_OR_WEEK = [1, 7];
const HOURS_BACK = [1, 2, 3];
/** So many within so long are a habit, whenever they come: a batch each quarter of an hour, a clumsy caller. */
const HABIT = 3;
const HABIT_MS = 6 * HOUR;
/** So much larger, or longer, is another thing than what is known. */
const LARGER = 1.6;
const LONGER = 2;

/** What comes every day, week or hour at its time is known, and no anomaly: batches, backups, reports. */
export class Recurrence {
  #past: Past[] = [];

  /** @returns what is to be told how large it became, and how long it was */
  note(beganMs: number, size: number): Past {
    const past = { beganMs, size, lastedMs: 0 };
    this.#past.push(past);
    if (this.#past.length > MOST) this.#past.shift();
    return past;
  }

  /**
   * Whether the like was there at this time: to the minute yesterday or a week ago, or nearly so on two
   * earlier days, or in two of the last three hours, or three times of late. One incident at noon does not make the next day's noon
   * deaf, and two days may have another clock than this one: an hour more or less, where clocks were changed.
   */
  isKnown({ beganMs, size, lastedMs }: Past): boolean {
    const like = this.#past.filter(
      (each) =>
        each.beganMs < beganMs &&
        size < LARGER * each.size &&
        lastedMs < LONGER * each.lastedMs + CLOCKWORK_SLACK,
    );
    const isThere = (atMs: number, slack: number) =>
      like.some((each) => Math.abs(each.beganMs - atMs) <= slack);
    if (like.filter((each) => beganMs - each.beganMs < HABIT_MS).length >= HABIT) return true;
    if (EVERY_DAY_OR_WEEK.some((back) => isThere(beganMs - back * DAY, CLOCKWORK_SLACK)))
      return true;
    const days = (shift: number, slack: number) =>
      DAYS_BACK.filter((back) => isThere(beganMs - back * DAY + shift, slack)).length;
    if (days(0, DAILY_SLACK) >= 2) return true;
    if (days(HOUR, CLOCKWORK_SLACK) >= 2 || days(-HOUR, CLOCKWORK_SLACK) >= 2) return true;
    return HOURS_BACK.filter((back) => isThere(beganMs - back * HOUR, CLOCKWORK_SLACK)).length >= 2;
  }

  save(): unknown {
    return this.#past.map(({ beganMs, size, lastedMs }) => [
      beganMs,
      Number(size.toPrecision(3)),
      lastedMs,
    ]);
  }

  restore(state: unknown): void {
    if (!Array.isArray(state)) return;
    this.#past = state
      .filter((each) => Array.isArray(each) && each.every(Number.isFinite))
      .map(([beganMs, size, lastedMs = 0]) => ({ beganMs, size, lastedMs }))
      .slice(-MOST);
  }
}
