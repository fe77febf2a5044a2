import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { errorBudgetOf } from "../../src/slo/error-budget.js";
import { CALENDARS, lengthOf, longestOf, periodAt } from "../../src/slo/window.js";

const iso = (ms: number) => new Date(ms).toISOString().slice(0, 10);

describe("the window of an SLO", () => {
  it("is the last days, or the period of the calendar that it is", () => {
    const now = Date.UTC(2026, 1, 18, 15, 30);
    const of = (calendar: (typeof CALENDARS)[number]) => {
      const { from, to } = periodAt({ calendar }, now);
      return `${iso(from)} ${iso(to)}`;
    };
    expect(of("day")).toBe("2026-02-18 2026-02-19");
    expect(of("week")).toBe("2026-02-16 2026-02-23");
    expect(of("month")).toBe("2026-02-01 2026-03-01");
    expect(of("quarter")).toBe("2026-01-01 2026-04-01");
    expect(of("year")).toBe("2026-01-01 2027-01-01");
    expect(lengthOf(periodAt({ days: 30 }, now))).toBe(30 * 86_400_000);
  });

  it("of the calendar holds the moment it is asked for, and touches the next one", () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 4_000_000_000_000 }),
        fc.constantFrom(...CALENDARS),
        (now, calendar) => {
          const { from, to } = periodAt({ calendar }, now);
          expect(from <= now && now < to).toBe(true);
          expect(periodAt({ calendar }, to).from).toBe(to);
          expect(to - from).toBeLessThanOrEqual(longestOf({ calendar }));
        },
      ),
    );
  });

  it("of 30 days leaves 43.2 minutes at 99.9 %", () => {
    const budget = errorBudgetOf({ good: 1000, total: 1000 }, 0.999, 30 * 86_400_000);
    expect(budget.allowedMinutes).toBeCloseTo(43.2);
    expect(budget.remainingMinutes).toBeCloseTo(43.2);
  });
});
