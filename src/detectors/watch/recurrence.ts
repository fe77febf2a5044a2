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
/** Weeks are looked back over, too: a report on Mondays. */
const DAYS_BACK = [1, 2, 3, 7, 14];
/** An hour more or less where clocks were changed between. */
const SHIFTS = [0, -HOUR, HOUR];
const HOURS_BACK = [1, 2, 3];
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
   * Whether the like was there at this time of an earlier day, or in two of the last three hours: to the
   * minute once, or nearly so on two days. One incident at noon does not make the next day's noon deaf.
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
    const days = (slack: number) =>
      DAYS_BACK.filter((back) =>
        SHIFTS.some((shift) => isThere(beganMs - back * DAY + shift, slack)),
      ).length;
    if (days(CLOCKWORK_SLACK) >= 1 || days(DAILY_SLACK) >= 2) return true;
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
