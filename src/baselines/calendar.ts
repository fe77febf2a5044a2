export const HOUR_MS = 3_600_000;
export const DAY_MS = 24 * HOUR_MS;
export const HOURS_A_DAY = 24;
export const HOURS_A_WEEK = 168;

/** The epoch was a Thursday; Monday is the first day here. */
const EPOCH_HOURS = 3 * HOURS_A_DAY;

/** Hours since the epoch. */
export function hourNumber(timeMs: number): number {
  return Math.floor(timeMs / HOUR_MS);
}

/** 0 on Mondays from 0 to 1 o'clock, UTC. */
export function hourOfWeek(hour: number): number {
  return modulo(hour + EPOCH_HOURS, HOURS_A_WEEK);
}

export function hourOfDay(hour: number): number {
  return modulo(hour, HOURS_A_DAY);
}

function modulo(value: number, by: number): number {
  return ((value % by) + by) % by;
}

/**
 * Whether clocks may just have been put forward or back somewhere: from a day before to eight days after the
 * Sundays on which Europe, North America, Australia, New Zealand or Chile do so.
 */
export function isNearClockChange(timeMs: number): boolean {
  const date = new Date(timeMs + DAY_MS);
  const day = date.getUTCDay();
  return isClockChange(date, -day) || (day < 2 && isClockChange(date, -day - 7));
}

/** @param daysOff - from the date to a Sunday */
function isClockChange(date: Date, daysOff: number): boolean {
  const sunday = new Date(date.getTime() + daysOff * DAY_MS);
  const dayOfMonth = sunday.getUTCDate();
  const isLast = new Date(sunday.getTime() + 7 * DAY_MS).getUTCMonth() !== sunday.getUTCMonth();
  switch (sunday.getUTCMonth() + 1) {
    case 3:
      return isLast || (dayOfMonth >= 8 && dayOfMonth <= 14);
    case 4:
      // Chile's is never the 1st.
      return dayOfMonth <= 8;
    case 9:
      return isLast || dayOfMonth <= 8;
    case 10:
      return isLast || dayOfMonth <= 7;
    case 11:
      return dayOfMonth <= 7;
    default:
      return false;
  }
}
