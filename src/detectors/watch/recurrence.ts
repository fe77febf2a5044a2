import { DAY, HOUR, MINUTE } from "./decay.js";

/** One episode of something unusual: when it began, and how large it was against what is usual. */
interface Past {
  readonly beganMs: number;
  readonly size: number;
}

const MOST = 40;
const DAILY_SLACK = 15 * MINUTE;
const HOURLY_SLACK = 3 * MINUTE;
/** Weeks are looked back over, too: a report on Mondays. */
const DAYS_BACK = [1, 2, 3, 7, 14];

/** What comes every day, week or hour at its time is known, and no anomaly: batches, backups, reports. */
export class Recurrence {
  #past: Past[] = [];

  note(beganMs: number, size: number): void {
    this.#past.push({ beganMs, size });
    if (this.#past.length > MOST) this.#past.shift();
  }

  /** Whether the like was there a day or a week ago at this time, or in each of the last three hours. */
  isKnown(beganMs: number, size: number): boolean {
    const like = this.#past.filter((each) => size < 1.6 * each.size);
    const isThere = (atMs: number, slack: number) =>
      like.some((each) => Math.abs(each.beganMs - atMs) <= slack);
    // An hour more or less where clocks were changed between.
    const isDaily = DAYS_BACK.some((days) =>
      [0, -HOUR, HOUR].some((shift) => isThere(beganMs - days * DAY + shift, DAILY_SLACK)),
    );
    return isDaily || [1, 2, 3].every((hours) => isThere(beganMs - hours * HOUR, HOURLY_SLACK));
  }

  save(): unknown {
    return this.#past.map(({ beganMs, size }) => [beganMs, Number(size.toPrecision(3))]);
  }

  restore(state: unknown): void {
    if (!Array.isArray(state)) return;
    this.#past = state
      .filter((each) => Array.isArray(each) && each.every(Number.isFinite))
      .map(([beganMs, size]) => ({ beganMs, size }))
      .slice(-MOST);
  }
}
