import { describe, expect, it } from "vitest";
import { DayShape } from "../../../src/detectors/counts/day-shape.js";
import { DAY, HOUR, MONDAY } from "../series.js";

describe("the shape of a day", () => {
  it("is known slot by slot, as the first day goes on", () => {
    const day = new DayShape(24);
    expect(day.at(MONDAY)).toBeNaN();
    for (let at = 0; at < 12; at++) day.learn(at % 2, MONDAY + (at * HOUR) / 2);
    expect(day.at(MONDAY + 2.5 * HOUR)).toBe(0.5);
    expect(day.at(MONDAY + 12 * HOUR)).toBeNaN();
  });

  it("is a straight line between the middles of slots, over midnight too", () => {
    const day = new DayShape(24);
    for (let hour = 0; hour < 25; hour++) day.learn(10 * (hour % 24), MONDAY + hour * HOUR);
    expect(day.at(MONDAY + 4.5 * HOUR)).toBeCloseTo(40, 4);
    expect(day.at(MONDAY + 5 * HOUR)).toBeCloseTo(45, 4);
    expect(day.at(MONDAY + 5.25 * HOUR)).toBeCloseTo(47.5, 4);
    expect(day.at(MONDAY + DAY)).toBeCloseTo(115, 3);
  });

  it("follows from one day to the next, by a third or so", () => {
    const day = new DayShape(4);
    for (let quarter = 0; quarter < 5; quarter++) day.learn(100, MONDAY + quarter * 6 * HOUR);
    for (let quarter = 5; quarter < 10; quarter++) day.learn(200, MONDAY + quarter * 6 * HOUR);
    expect(day.at(MONDAY + 9 * HOUR)).toBeCloseTo(130, 6);
  });
});
