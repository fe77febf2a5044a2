import { type Matchers, matchersOf } from "./matcher.js";
import type { Weekday } from "./options.js";
import { ZonedClock } from "./zoned-clock.js";

export const WEEKDAYS = [
  "sun",
  "mon",
  "tue",
  "wed",
  "thu",
  "fri",
  "sat",
] as const satisfies readonly Weekday[];

interface Info {
  readonly name: string;
  readonly match: Matchers | undefined;
}

export interface ResolvedOnce extends Info {
  readonly fromMs: number;
  readonly untilMs: number;
}

export interface ResolvedWeekly extends Info {
  readonly weekdays: ReadonlySet<Weekday>;
  /** Minutes since midnight; `until` is of the next day where it is not after `from`. */
  readonly fromMinute: number;
  readonly untilMinute: number;
  readonly timeZone: string;
}

export type ResolvedMaintenance = ResolvedOnce | ResolvedWeekly;

interface Span {
  readonly fromMs: number;
  readonly untilMs: number;
}

const DAY_MS = 86_400_000;
const DAY_MINUTES = 1440;

/** A window in which some alerts are expected. */
export class MaintenanceWindow {
  readonly name: string;
  readonly #fits: ((labels: Readonly<Record<string, string>>) => boolean) | undefined;
  readonly #spans: (wallMs: number) => readonly Span[];

  constructor(given: ResolvedMaintenance) {
    this.name = given.name;
    this.#fits = matchersOf(given.match);
    this.#spans = "fromMs" in given ? () => [given] : weekly(given);
  }

  /** @param wallMs - the wall clock, epoch ms */
  isOpen(wallMs: number): boolean {
    return this.#spans(wallMs).some(({ fromMs, untilMs }) => fromMs <= wallMs && wallMs < untilMs);
  }

  fits(labels: Readonly<Record<string, string>>): boolean {
    return this.#fits?.(labels) !== false;
  }
}

/** The spans that begin yesterday, today or tomorrow by the local calendar; found once a local day. */
function weekly(given: ResolvedWeekly): (wallMs: number) => readonly Span[] {
  const zone = new ZonedClock(given.timeZone);
  let day = Number.NaN;
  let spans: readonly Span[] = [];
  return (wallMs) => {
    const today = zone.dayOf(wallMs);
    if (today === day) return spans;
    day = today;
    spans = [today - 1, today, today + 1].flatMap((each) => spanOn(each, given, zone) ?? []);
    return spans;
  };
}

/** @param day - days since the epoch, by the local calendar */
function spanOn(day: number, given: ResolvedWeekly, zone: ZonedClock): Span | undefined {
  const { weekdays, fromMinute, untilMinute } = given;
  // The epoch was a Thursday.
  if (!weekdays.has(WEEKDAYS[(((day + 4) % 7) + 7) % 7] as Weekday)) return undefined;
  const isNextDay = untilMinute <= fromMinute;
  const lastsMinutes = untilMinute - fromMinute + (isNextDay ? DAY_MINUTES : 0);
  const fromMs = zone.first(day, fromMinute);
  // An hour that is skipped must not swallow the window, one that comes twice must not cut it.
  const untilMs = Math.max(
    zone.last(isNextDay ? day + 1 : day, untilMinute),
    fromMs + (lastsMinutes * DAY_MS) / DAY_MINUTES,
  );
  return { fromMs, untilMs };
}
