import { describe, expect, it } from "vitest";
import { FakeWorld, probe } from "./fake-sources.js";

const seconds = "auspex.gc.time";
const utilization = "auspex.gc.utilization";

describe("the gc probe", () => {
  it.each([
    [1, "minor"],
    [2, "minor"],
    [4, "major"],
    [8, "incremental"],
    [16, "weakcb"],
  ])("adds V8's kind %i to the seconds of %s collections", (kind, type) => {
    const world = new FakeWorld();
    const { sample, of } = probe("gc", world);
    world.recordGc(kind, 250);
    world.recordGc(kind, 500);
    sample(1000);
    expect(of(seconds, type).value).toBe(0.75);
    expect(of("v8js.gc.duration", type).values).toEqual([0.25, 0.5]);
    for (const other of ["minor", "major", "incremental", "weakcb"]) {
      if (other !== type) expect(of(seconds, other).value).toBe(0);
    }
  });

  it("tells the share of the interval spent collecting", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("gc", world);
    world.recordGc(1, 30);
    world.recordGc(4, 70);
    sample(1000);
    expect(of(utilization)).toMatchObject({ value: 0.1, saturation: 0.1 });
    sample(1000);
    expect(of(utilization)).toMatchObject({ value: 0, saturation: 0 });
  });

  it("never tells more than the whole interval, when collections come in late", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("gc", world);
    world.recordGc(4, 1500);
    sample(1000);
    expect(of(utilization).value).toBe(1);
  });

  it("keeps what it heard for the next sample when no time has passed", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("gc", world);
    world.recordGc(4, 100);
    sample(0);
    expect(of(utilization).value).toBeNaN();
    sample(1000);
    expect(of(utilization).value).toBe(0.1);
  });

  it("observes every collection while there are few, and says so", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("gc", world);
    for (let second = 0; second < 60; second++) {
      for (let i = 0; i < 7; i++) world.recordGc(1, 2);
      sample(1000);
      expect(of("auspex.gc.observed").value).toBe(1);
    }
    expect(world).toMatchObject({ observed: 1, released: 0 });
    expect(of(seconds, "minor").value).toBeCloseTo(60 * 7 * 0.002);
    expect(of("v8js.gc.duration", "minor").values).toHaveLength(60 * 7);
  });

  it("rests where there are many, estimates right over time, and says that it does", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("gc", world);
    let heard = 0;
    for (let second = 0; second < 1000; second++) {
      if (world.observed > world.released) {
        for (let i = 0; i < 200; i++, heard++) world.recordGc(i % 20 === 0 ? 4 : 1, 1);
      }
      sample(1000);
      expect(of(utilization).value).toBeCloseTo(0.2);
    }
    // One in ten is observed, and the totals are those of all.
    expect(heard / 200_000).toBeCloseTo(0.1, 1);
    expect(of("auspex.gc.observed").value).toBeLessThan(0.2);
    expect(of(seconds, "minor").value).toBeCloseTo(190, 5);
    expect(of(seconds, "major").value).toBeCloseTo(10, 5);
    expect(of("v8js.gc.duration", "minor").values).toHaveLength(190_000);
  });

  it("observes all again once there are few", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("gc", world);
    for (let i = 0; i < 500; i++) world.recordGc(1, 1);
    for (let second = 0; second < 20; second++) sample(1000);
    expect(of("auspex.gc.observed").value).toBe(1);
    world.recordGc(4, 40);
    sample(1000);
    expect(of(seconds, "major").value).toBeCloseTo(0.04);
  });

  it("counts what Node told after the rest had begun", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("gc", world);
    for (let i = 0; i < 16; i++) world.recordGc(1, 10);
    sample(1000);
    world.recordGc(1, 40);
    sample(1000);
    // Itself, and once more as part of the second that stands in.
    expect(of(seconds, "minor").value).toBeCloseTo(0.16 + 0.04 + 0.2);
  });

  it("takes no long pause for time that was like the second before", () => {
    const world = new FakeWorld();
    const { sample, of } = probe("gc", world);
    for (let i = 0; i < 100; i++) world.recordGc(1, 1);
    sample(1000);
    sample(3_600_000);
    expect(of(seconds, "minor").value).toBeCloseTo(0.3);
  });

  it("disconnects its observer once", () => {
    const world = new FakeWorld();
    const { probe: gc } = probe("gc", world);
    gc.stop();
    gc.stop();
    expect(world.released).toBe(1);
  });
});
