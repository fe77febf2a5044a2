import { describe, expect, it } from "vitest";
import { placeIn, Season } from "../../../src/detectors/method/season.js";
import { DAY, Draw, HOUR, MINUTE, MONDAY } from "../series.js";

/** A season that has seen so many days, and the day on which it found the length it has. */
function taught(stepMs: number, days: number, valueAt: (timeMs: number) => number) {
  const season = new Season(0);
  let foundOn = Number.NaN;
  for (let timeMs = MONDAY; timeMs < MONDAY + days * DAY; timeMs += stepMs) {
    if (season.learn(timeMs, valueAt(timeMs))) foundOn = (timeMs - MONDAY) / DAY;
  }
  return { season, foundOn };
}

const sine = (timeMs: number, lengthMs: number) => Math.sin((2 * Math.PI * timeMs) / lengthMs);

describe("a season", () => {
  for (const [name, stepMs] of [
    ["10 s", 10_000],
    ["a minute", MINUTE],
    ["5 minutes", 5 * MINUTE],
    ["an hour", HOUR],
  ] as const) {
    it(`of a day is found in noise within a week, from values ${name} apart`, () => {
      const draw = new Draw(1);
      const { season, foundOn } = taught(
        stepMs,
        8,
        (timeMs) => 3 * sine(timeMs, DAY) + draw.normal(),
      );
      expect(season.lengthMs).toBe(DAY);
      expect(foundOn).toBeLessThan(7);
      expect(season.slots).toBe(Math.min(288, DAY / stepMs));
    });
  }

  it("of an hour is that of short peaks too, and stays one when its bins become coarse", () => {
    const draw = new Draw(2);
    const { season } = taught(
      MINUTE,
      6,
      (timeMs) => (timeMs % HOUR < 5 * MINUTE ? 50 : 0) + 5 * draw.normal(),
    );
    expect(season.lengthMs).toBe(HOUR);
  });

  it("of no round length is found to a hundredth", () => {
    const draw = new Draw(3);
    const { season } = taught(MINUTE, 2, (timeMs) => 3 * sine(timeMs, 47 * MINUTE) + draw.normal());
    expect(Math.abs(season.lengthMs / (47 * MINUTE) - 1)).toBeLessThan(0.01);
  });

  it("of a week is found where weekends are all that repeats", () => {
    const draw = new Draw(4);
    const { season } = taught(HOUR, 60, (timeMs) => {
      const isWeekend = ((timeMs - MONDAY) / DAY) % 7 >= 5;
      return (isWeekend ? 40 : 100) + 5 * draw.normal();
    });
    expect(season.lengthMs).toBe(7 * DAY);
  });

  it("is not seen in noise, in a random walk, in a trend, in steps or in nothing", () => {
    const draw = new Draw(5);
    let walk = 0;
    let level = 0;
    const series = [
      () => draw.normal(),
      () => (walk += draw.normal()),
      (timeMs: number) => timeMs / HOUR + draw.normal(),
      () => (draw.uniform() < 0.002 ? (level = draw.normal() * 10) : level) + draw.normal(),
      () => 7,
    ];
    for (const valueAt of series) expect(taught(5 * MINUTE, 20, valueAt).season.lengthMs).toBe(0);
  });

  it("is not made of chance: two searches have to agree", () => {
    let found = 0;
    for (let seed = 10; seed < 70; seed++) {
      const draw = new Draw(seed);
      let value = 0;
      const { season } = taught(5 * MINUTE, 4, () => (value = 0.9 * value + draw.normal()));
      if (season.lengthMs > 0) found++;
    }
    // 4; and 16 where one search is enough.
    expect(found).toBeLessThan(8);
  });

  it("has slots that begin when they are due", () => {
    const season = new Season(HOUR);
    for (let i = 0; i < 20; i++) season.learn(MONDAY + i * MINUTE, 0);
    expect(season.slots).toBe(60);
    for (let minute = 0; minute < 60; minute++) {
      expect(season.slotAt(MONDAY + minute * MINUTE)).toBe(minute);
      expect(season.slotAt(MONDAY + minute * MINUTE + 59_999)).toBe(minute);
    }
    // Division alone puts the 13th of 45 into the 12th.
    for (const slots of [24, 45, 50, 75, 90, 144, 240]) {
      for (let slot = 0; slot < slots; slot++) {
        expect(Math.floor(placeIn(HOUR, slots, MONDAY + (slot * HOUR) / slots))).toBe(slot);
      }
    }
  });

  it("survives gaps, and a gap of months", () => {
    const draw = new Draw(6);
    const season = new Season(0);
    const show = (from: number, days: number) => {
      for (let timeMs = from; timeMs < from + days * DAY; timeMs += 5 * MINUTE) {
        if (draw.uniform() < 0.2) continue;
        season.learn(timeMs, 3 * sine(timeMs, DAY) + draw.normal());
      }
    };
    show(MONDAY, 6);
    expect(season.lengthMs).toBe(DAY);
    show(MONDAY + 200 * DAY, 6);
    expect(season.lengthMs).toBe(DAY);
  });

  it("has the means of its phases at once", () => {
    const { season } = taught(10 * MINUTE, 10, (timeMs) => 10 * sine(timeMs, DAY));
    const profile = season.profile();
    expect(profile.length).toBe(144);
    for (const [slot, mean] of profile.entries()) {
      expect(Math.abs(mean - 10 * Math.sin((2 * Math.PI * (slot + 0.5)) / 144))).toBeLessThan(1);
    }
  });

  it("that was given is there as soon as the interval is known, and is not looked for", () => {
    const season = new Season(DAY);
    const changes = Array.from({ length: 600 }, (_, i) =>
      season.learn(MONDAY + i * MINUTE, sine(i, 40)),
    );
    expect(changes.filter(Boolean).length).toBe(1);
    expect(season.lengthMs).toBe(DAY);
    expect(season.slotAt(MONDAY)).toBe(0);
    expect(season.slotAt(MONDAY + DAY / 2)).toBe(144);
    expect(season.slotAt(-1)).toBe(287);
  });
});
