import { describe, expect, it } from "vitest";
import { WanderingDispersion } from "../../../src/detectors/watch/dispersion.js";
import { Evidence, mixed } from "../../../src/detectors/watch/evidence.js";
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

  it("is known where clocks were changed between, an hour from where it was on two days", () => {
    const recurrence = new Recurrence();
    recurrence.note(NOON - DAY - HOUR, 3).lastedMs = 5 * MINUTE;
    expect(at(recurrence, NOON)).toBe(false);
    recurrence.note(NOON - 2 * DAY - HOUR, 3).lastedMs = 5 * MINUTE;
    expect(at(recurrence, NOON)).toBe(true);
  });

  it("is known as a habit where it came three times within six hours, whenever", () => {
    const recurrence = new Recurrence();
    for (const back of [270, 170, 40]) {
      expect(at(recurrence, NOON)).toBe(false);
      recurrence.note(NOON - back * MINUTE, 3).lastedMs = 5 * MINUTE;
    }
    expect(at(recurrence, NOON)).toBe(true);
    expect(at(recurrence, NOON + 6 * HOUR)).toBe(false);
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
      growth.look(level(ms / HOUR), NOON + from * HOUR + ms, level(ms / HOUR) < 0.9);
  };
  const sawTooth = (hour: number) => 0.4 + 0.25 * ((hour * 3) % 1);

  it("of a leak of 3 % an hour is seen beneath the saw-teeth of a collector", () => {
    const growth = new Growth(HOUR);
    live(growth, 48, sawTooth);
    expect(growth.isLeak).toBe(false);
    live(growth, 14, (hour) => sawTooth(hour) + 0.03 * hour, 48);
    expect(growth.isLeak).toBe(true);
  });

  it("of a leak is seen as soon the next time, and where the last one ended at the top", () => {
    const growth = new Growth(10 * MINUTE);
    const leak = (hour: number) => 0.45 + Math.min(0.54, 0.1 * hour);
    live(growth, 30, () => 0.45);
    live(growth, 8, leak, 30);
    live(growth, 10, () => 0.45, 38);
    expect(growth.isLeak).toBe(false);
    live(growth, 2.5, leak, 48);
    expect(growth.isLeak).toBe(true);
  });

  it("that was seen in the last hours of a process is remembered by the next", () => {
    const before = new Growth(40 * MINUTE);
    live(before, 30, () => 0.4);
    live(before, 8, () => 0.7, 30);
    const after = new Growth(40 * MINUTE);
    after.restore(JSON.parse(JSON.stringify(before.save())));
    live(after, 14, (hour) => 0.4 + 0.02 * hour, 38);
    expect(after.isLeak).toBe(false);
    const odd = new Growth(40 * MINUTE);
    odd.restore("nonsense");
    expect(odd.save()).toEqual(new Growth(40 * MINUTE).save());
  });

  it("that came off by itself on earlier days is none", () => {
    const growth = new Growth(10 * MINUTE);
    const disk = (hour: number) => 0.5 + 0.35 * ((hour % 8) / 8);
    live(growth, 48, disk);
    let told = 0;
    for (let hour = 48; hour < 72; hour += 1 / 6) {
      growth.look(disk(hour), NOON + hour * HOUR, true);
      if (growth.isLeak) told++;
    }
    expect(told).toBe(0);
  });
});

describe("evidence", () => {
  it("of violent windows that come now and then does not add up", () => {
    const evidence = new Evidence(9);
    for (let at = 0; at < 1000; at++) {
      // Two bad windows of twenty; the scatter that they make is known.
      evidence.add(at % 20 < 2 ? 400 : -6, 100);
      expect(evidence.isAlarming).toBe(false);
    }
  });

  it("takes as many windows as it was told at least, however sure each is", () => {
    const evidence = new Evidence(9);
    for (let at = 0; at < 8; at++) evidence.add(1e9);
    expect(evidence.isAlarming).toBe(false);
    evidence.add(1e9);
    expect(evidence.isAlarming).toBe(true);
  });

  it("of the one or the other is that of the likelier, less the doubt", () => {
    expect(mixed(5, -400)).toBeCloseTo(5 - Math.LN2, 9);
    expect(mixed(-2, -2)).toBeCloseTo(-2, 9);
    expect(mixed(1000, 999)).toBeLessThan(1000);
  });
});

describe("counts that wander", () => {
  it("are worth less than counts of chance, though neighbours differ no more", () => {
    const wandering = new WanderingDispersion();
    for (let at = 0; at < 2000; at++) wandering.learn(at % 120 < 60 ? 3 : -3, 10);
    expect(wandering.values[0]).toBeLessThan(1.1);
    expect(wandering.divisor).toBeGreaterThan(5);
  });

  it("follow others with what these gather, and go their own way from there", () => {
    const one = new WanderingDispersion();
    for (let at = 0; at < 100; at++) one.learn(at % 20 < 10 ? 6 : -6, 10);
    const other = new WanderingDispersion();
    other.follow(one);
    const before = other.values;
    expect(before).toEqual(one.values);
    for (let at = 0; at < 100; at++) one.learn(30, 10);
    expect(other.values).toEqual(before);
    for (let at = 0; at < 100; at++) other.learn(30, 10);
    expect(other.values).toEqual(one.values);
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

it("a first weekend may be quiet", async () => {
  const { live, begun, clock } = await service();
  // Until Saturday.
  const midnight = Math.ceil(clock.wall() / DAY) * DAY;
  const saturday = midnight + ((13 - new Date(midnight).getUTCDay()) % 7) * DAY;
  live(saturday - clock.wall(), { requests: 15 });
  live(3 * HOUR, { requests: 3 });
  expect(begun()).toEqual([]);
});
