import { describe, expect, it } from "vitest";
import { WanderingDispersion } from "../../../src/detectors/watch/evidence.js";
import { Growth } from "../../../src/detectors/watch/growth.js";
import { Recurrence } from "../../../src/detectors/watch/recurrence.js";
import { DAY, HOUR, MINUTE, STEP_MS, service } from "./service.js";

const NOON = Date.UTC(2026, 2, 10, 12);

describe("what recurs", () => {
  const at = (recurrence: Recurrence, beganMs: number, size = 3, lastedMs = 5 * MINUTE) =>
    recurrence.isKnown({ beganMs, size, lastedMs });

  it("is known to the minute after one day, and roughly after two", () => {
    const recurrence = new Recurrence();
    recurrence.note(NOON - DAY, 3).lastedMs = 5 * MINUTE;
    expect(at(recurrence, NOON + MINUTE)).toBe(true);
    expect(at(recurrence, NOON + 12 * MINUTE)).toBe(false);
    recurrence.note(NOON - 2 * DAY, 3).lastedMs = 5 * MINUTE;
    expect(at(recurrence, NOON + 12 * MINUTE)).toBe(true);
  });

  it("is known where one hour of three was left out", () => {
    const recurrence = new Recurrence();
    for (const back of [1, 3]) recurrence.note(NOON - back * HOUR, 3).lastedMs = 5 * MINUTE;
    expect(at(recurrence, NOON)).toBe(true);
  });

  it("is news where it is larger, or lasts longer, than ever", () => {
    const recurrence = new Recurrence();
    recurrence.note(NOON - DAY, 3).lastedMs = 5 * MINUTE;
    expect(at(recurrence, NOON, 6)).toBe(false);
    expect(at(recurrence, NOON, 3, 30 * MINUTE)).toBe(false);
  });
});

describe("growth", () => {
  const live = (growth: Growth, hours: number, level: (hour: number) => number, from = 0) => {
    for (let ms = 0; ms < hours * HOUR; ms += STEP_MS)
      growth.look(level(ms / HOUR), NOON + from * HOUR + ms);
  };
  const sawTooth = (hour: number) => 0.4 + 0.25 * ((hour * 3) % 1);

  it("of a leak of 3 % an hour is seen beneath the saw-teeth of a collector", () => {
    const growth = new Growth(HOUR);
    live(growth, 48, sawTooth);
    expect(growth.isLeak).toBe(false);
    live(growth, 14, (hour) => sawTooth(hour) + 0.03 * hour, 48);
    expect(growth.isLeak).toBe(true);
  });

  it("that came off by itself on earlier days is none", () => {
    const growth = new Growth(10 * MINUTE);
    const disk = (hour: number) => 0.5 + 0.35 * ((hour % 8) / 8);
    live(growth, 48, disk);
    let told = 0;
    for (let hour = 48; hour < 72; hour += 1 / 6) {
      growth.look(disk(hour), NOON + hour * HOUR);
      if (growth.isLeak) told++;
    }
    expect(told).toBe(0);
  });
});

describe("counts that wander", () => {
  it("are worth less than counts of chance, though neighbours differ no more", () => {
    const wandering = new WanderingDispersion();
    for (let at = 0; at < 2000; at++) wandering.learn(at % 120 < 60 ? 13 : 7, 10);
    expect(wandering.values[0]).toBeLessThan(1.1);
    expect(wandering.divisor).toBeGreaterThan(5);
  });
});

it("an operation that is shut at night is told of once, not every night", async () => {
  const { live, begun } = await service();
  live(2.2 * DAY, (timeMs) => {
    const hour = (timeMs % DAY) / HOUR;
    return { requests: hour >= 1 && hour < 6 ? 0 : 12 };
  });
  expect(begun().length).toBeLessThanOrEqual(1);
});
