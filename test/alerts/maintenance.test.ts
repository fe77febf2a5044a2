import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { MaintenanceWindow, type ResolvedWeekly, WEEKDAYS } from "../../src/alerts/maintenance.js";
import { ZonedClock } from "../../src/alerts/zoned-clock.js";
import { stage } from "./stage.js";

const HOUR = 3_600_000;

function nightly(from: number, until: number, more: Partial<ResolvedWeekly> = {}) {
  return new MaintenanceWindow({
    name: "nightly",
    match: undefined,
    weekdays: new Set(WEEKDAYS),
    fromMinute: from * 60,
    untilMinute: until * 60,
    timeZone: "Europe/Berlin",
    ...more,
  });
}

/** Minutes of a span of time in which a window is open, and when it opens. */
function openMinutes(window: MaintenanceWindow, fromMs: number, untilMs: number) {
  let minutes = 0;
  const opens: string[] = [];
  let was = window.isOpen(fromMs - 60_000);
  for (let at = fromMs; at < untilMs; at += 60_000) {
    const is = window.isOpen(at);
    if (is) minutes++;
    if (is && !was) opens.push(new Date(at).toISOString());
    was = is;
  }
  return { minutes, opens };
}

describe("a weekly maintenance window", () => {
  it("follows the clock on the wall through the year", () => {
    const window = nightly(2, 4);
    const january = Date.UTC(2026, 0, 10);
    expect(openMinutes(window, january, january + 24 * HOUR)).toEqual({
      minutes: 120,
      opens: ["2026-01-10T01:00:00.000Z"],
    });
    const july = Date.UTC(2026, 6, 10);
    expect(openMinutes(window, july, july + 24 * HOUR)).toEqual({
      minutes: 120,
      opens: ["2026-07-10T00:00:00.000Z"],
    });
  });

  it("is not swallowed by the hour that is skipped, nor cut by the one that comes twice", () => {
    const spring = Date.UTC(2026, 2, 28, 12);
    const autumn = Date.UTC(2026, 9, 24, 12);
    const span = (window: MaintenanceWindow, from: number) =>
      openMinutes(window, from, from + 24 * HOUR);
    // 02:00 does not exist that night: 02:00–03:00 is 03:00–04:00.
    expect(span(nightly(2, 3), spring)).toEqual({
      minutes: 60,
      opens: ["2026-03-29T01:00:00.000Z"],
    });
    expect(span(nightly(1, 4), spring).minutes).toBe(180);
    // 02:00–03:00 comes twice that night: both of them.
    expect(span(nightly(2, 3), autumn)).toEqual({
      minutes: 120,
      opens: ["2026-10-25T00:00:00.000Z"],
    });
    expect(span(nightly(1, 4), autumn).minutes).toBe(240);
  });

  it("begins on its days by the local calendar, and may last into the next one", () => {
    const window = nightly(22, 4, { weekdays: new Set(["sun"]), timeZone: "America/New_York" });
    const from = Date.UTC(2026, 5, 1);
    const { minutes, opens } = openMinutes(window, from, from + 14 * 24 * HOUR);
    expect(minutes).toBe(2 * 6 * 60);
    // 22:00 on Sunday in New York is Monday in UTC.
    expect(opens).toEqual(["2026-06-01T02:00:00.000Z", "2026-06-08T02:00:00.000Z"]);
  });

  it("agrees with a clock of the zone on every ordinary day", () => {
    const zones = ["Asia/Kolkata", "America/Sao_Paulo", "Pacific/Auckland", "UTC", "Asia/Tokyo"];
    const shown = new Map(
      zones.map((timeZone) => [
        timeZone,
        new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" }),
      ]),
    );
    fc.assert(
      fc.property(
        fc.constantFrom(...zones),
        fc.integer({ min: 0, max: 23 }),
        fc.integer({ min: 1, max: 23 }),
        // December: no zone here changes its clock.
        fc.integer({ min: Date.UTC(2026, 11, 2), max: Date.UTC(2026, 11, 30) }),
        (timeZone, from, hours, at) => {
          const until = (from + hours) % 24;
          const window = nightly(from, until, { timeZone });
          const [hour = 0] = (shown.get(timeZone)?.format(at) ?? "").split(":").map(Number);
          const isWithin = (hour - from + 24) % 24 < hours;
          expect(window.isOpen(at)).toBe(isWithin);
        },
      ),
    );
  });

  it("of a zone that nobody knows cannot be made", () => {
    expect(() => new ZonedClock("Mars/Olympus")).toThrow(RangeError);
  });
});

describe("maintenance", () => {
  const rules = [{ name: "slow", when: { signal: "latency", above: 500 } as const }];
  const SLOW = { name: "a", ms: 900 };

  it("keeps alerts quiet, and what still fires after it is told of", async () => {
    const start = Date.UTC(2026, 0, 1);
    const on = await stage({
      rules,
      maintenance: [{ name: "move", fromMs: start, untilMs: start + 600_000 }],
    });
    on.show(SLOW);
    await on.pass(590_000);
    expect(on.notices).toEqual([]);
    expect(on.alerts.active()[0]?.quiet).toEqual({ kind: "maintenance", text: "move" });
    expect(on.alerts.incidents()).toEqual([]);
    await on.pass(60_000);
    expect(on.notices).toHaveLength(1);
  });

  it("that was over before its end is told to nobody, and counted", async () => {
    const start = Date.UTC(2026, 0, 1);
    const on = await stage({ rules, maintenance: [{ fromMs: start, untilMs: start + 600_000 }] });
    on.show(SLOW);
    await on.pass(300_000);
    on.show({ ...SLOW, ms: 1 });
    await on.pass(600_000);
    expect(on.notices).toEqual([]);
    expect(on.counts.get("auspex.alerts.untold maintenance")).toBe(1);
  });

  it("is of the alerts that fit it alone", async () => {
    const on = await stage({
      rules,
      maintenance: [{ match: { operation: "a" }, from: "00:00", until: "00:00" }],
      groupBy: ["operation"],
    });
    on.show(SLOW, { name: "b", ms: 900 });
    await on.pass(60_000);
    expect(on.notices.map(({ alerts }) => alerts[0]?.operation)).toEqual(["b"]);
  });
});
