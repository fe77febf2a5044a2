const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;

/** The clock on the wall in a time zone. @throws RangeError for a zone that nobody knows */
export class ZonedClock {
  readonly #format: Intl.DateTimeFormat;

  constructor(timeZone: string) {
    this.#format = new Intl.DateTimeFormat("en-US", {
      timeZone,
      hourCycle: "h23",
      calendar: "gregory",
      year: "numeric",
      month: "numeric",
      day: "numeric",
      hour: "numeric",
      minute: "numeric",
      second: "numeric",
    });
  }

  /** Days since the epoch by the local calendar. */
  dayOf(wallMs: number): number {
    return Math.floor(this.#localMs(wallMs) / DAY_MS);
  }

  /** The first instant at which the clock shows a time; of one that is skipped, as if it were not. */
  first(day: number, minute: number): number {
    return Math.min(...this.#instants(day, minute));
  }

  /** The last instant at which the clock shows a time. */
  last(day: number, minute: number): number {
    return Math.max(...this.#instants(day, minute));
  }

  /** With the offsets of before and after: where a clock jumps, they differ. */
  #instants(day: number, minute: number): number[] {
    const localMs = day * DAY_MS + minute * MINUTE_MS;
    const offsets = [localMs - DAY_MS, localMs + DAY_MS].map((each) => this.#localMs(each) - each);
    const instants = offsets.map((offset) => localMs - offset);
    const shown = instants.filter((each) => this.#localMs(each) === localMs);
    // Of a time that is skipped, the offset of before holds on: 02:30 is 03:30.
    return shown.length > 0 ? shown : [instants[0] as number];
  }

  /** What the clock shows, as if it were UTC. */
  #localMs(wallMs: number): number {
    const at: Record<string, number> = {};
    for (const { type, value } of this.#format.formatToParts(wallMs)) at[type] = Number(value);
    const { year = 1970, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = at;
    const rest = ((wallMs % 1000) + 1000) % 1000;
    return Date.UTC(year, month - 1, day, hour, minute, second) + rest;
  }
}
