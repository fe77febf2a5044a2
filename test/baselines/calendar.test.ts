import { describe, expect, it } from "vitest";
import {
  hourNumber,
  hourOfDay,
  hourOfWeek,
  isNearClockChange,
} from "../../src/baselines/calendar.js";
import { DAY_MS, HOUR_MS } from "./series.js";

/** Instants at which a zone's offset from UTC changes, found by asking for it hour by hour. */
function changesOf(timeZone: string, year: number): number[] {
  const format = new Intl.DateTimeFormat("en", { timeZone, timeZoneName: "longOffset" });
  const offset = (timeMs: number) => format.format(timeMs).split(", ")[1];
  const found: number[] = [];
  for (let timeMs = Date.UTC(year, 0, 1); timeMs < Date.UTC(year + 1, 0, 1); timeMs += DAY_MS) {
    if (offset(timeMs) === offset(timeMs + DAY_MS)) continue;
    for (let hour = timeMs; hour < timeMs + DAY_MS; hour += HOUR_MS) {
      if (offset(hour) !== offset(hour + HOUR_MS)) found.push(hour + HOUR_MS);
    }
  }
  return found;
}

describe("the calendar", () => {
  it("counts hours of the day and of the week in UTC, before the epoch as well", () => {
    for (const text of ["2026-06-01T00:30Z", "2026-06-07T23:59Z", "1969-12-31T05:00Z"]) {
      const date = new Date(text);
      const hour = hourNumber(date.getTime());
      expect(hourOfDay(hour)).toBe(date.getUTCHours());
      const day = (date.getUTCDay() + 6) % 7;
      expect(hourOfWeek(hour)).toBe(day * 24 + date.getUTCHours());
    }
  });

  it("is near a clock change from the change until a week later, in every zone it names", () => {
    const zones = [
      "Europe/Berlin",
      "Europe/London",
      "America/New_York",
      "America/Los_Angeles",
      "Australia/Sydney",
      "Pacific/Auckland",
      "America/Santiago",
    ];
    for (const zone of zones) {
      for (let year = 2024; year < 2034; year++) {
        const changes = changesOf(zone, year);
        expect(changes.length, `${zone} ${year}`).toBe(2);
        for (const change of changes) {
          for (let hours = -6; hours <= 7 * 24; hours += 6) {
            const near = isNearClockChange(change + hours * HOUR_MS);
            expect(near, `${zone} ${new Date(change).toISOString()} + ${hours} h`).toBe(true);
          }
        }
      }
    }
  });

  it("is far from one for most of the year", () => {
    let near = 0;
    for (let day = 0; day < 365; day++) {
      if (isNearClockChange(Date.UTC(2026, 0, 1 + day))) near++;
    }
    expect(near).toBeLessThan(90);
    expect(isNearClockChange(Date.UTC(2026, 0, 15))).toBe(false);
    expect(isNearClockChange(Date.UTC(2026, 6, 15))).toBe(false);
  });
});
