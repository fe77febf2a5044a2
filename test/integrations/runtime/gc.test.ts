import { describe, expect, it } from "vitest";
import { FakeWorld, probe } from "./fake-sources.js";

const seconds = "v8js.gc.duration";
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
    const { of } = probe("gc", world);
    world.recordGc(kind, 250);
    world.recordGc(kind, 500);
    expect(of(seconds, type).value).toBe(0.75);
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

  it("disconnects its observer once", () => {
    const world = new FakeWorld();
    const { probe: gc } = probe("gc", world);
    gc.stop();
    gc.stop();
    expect(world.released).toBe(1);
  });
});
