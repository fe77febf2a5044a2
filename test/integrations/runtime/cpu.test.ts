import { describe, expect, it } from "vitest";
import { FakeWorld, probe } from "./fake-sources.js";

const UTILIZATION = "process.cpu.utilization";
const THROTTLED = "auspex.cgroup.cpu.throttled";

/** A version 2 container with that `cpu.max`. */
function contained(max: string, stat?: string): FakeWorld {
  const world = new FakeWorld();
  world.files = {
    "/proc/self/cgroup": "0::/\n",
    "/proc/self/mountinfo": "31 23 0:28 / /cg rw - cgroup2 cgroup2 rw\n",
    "/cg/cpu.max": max,
    "/cg/cpu.stat": stat,
  };
  return world;
}
const stat = (periods: number, throttled: number) =>
  `usage_usec 5\nnr_periods ${periods}\nnr_throttled ${throttled}\nthrottled_usec 9\n`;

describe("the cpu probe", () => {
  it.each([
    { what: "the CPUs available, without a limit", max: "max 100000", cpus: 4, expected: 0.25 },
    { what: "the quota", max: "200000 100000", cpus: 4, expected: 0.5 },
    { what: "part of a CPU", max: "50000 100000", cpus: 4, expected: 2 },
    { what: "affinity tighter than the quota", max: "800000 100000", cpus: 2, expected: 0.5 },
    { what: "a quota that libuv rounds down", max: "250000 100000", cpus: 2, expected: 0.4 },
  ])("measures one busy second against $what", ({ max, cpus, expected }) => {
    const world = contained(max);
    world.cpus = cpus;
    world.cpu = { user: 5e6, system: 5e6 };
    const { sample, of } = probe("cpu", world);
    world.cpu = { user: 5.75e6, system: 5.25e6 };
    sample(1000);
    expect(of(UTILIZATION).value).toBeCloseTo(expected);
    expect(of(UTILIZATION).saturation).toBeCloseTo(Math.min(1, expected));
    expect(of("process.cpu.time", "user").value).toBeCloseTo(5.75);
    expect(of("process.cpu.time", "system").value).toBeCloseTo(5.25);
  });

  it("follows a limit that is changed, within ten seconds", () => {
    const world = contained("100000 100000\n");
    const { sample, of } = probe("cpu", world);
    world.files["/cg/cpu.max"] = "200000 100000\n";
    for (let second = 0; second < 10; second++) {
      world.cpu.user += 1e6;
      sample(1000);
      if (second < 8) expect(of(UTILIZATION).value).toBe(1);
    }
    expect(of(UTILIZATION).value).toBe(0.5);
  });

  it("tells the share of periods in which the group was throttled since the last sample", () => {
    const world = contained("100000 100000\n", stat(100, 50));
    const { sample, of } = probe("cpu", world);
    world.files["/cg/cpu.stat"] = stat(110, 53);
    sample(1000);
    expect(of(THROTTLED)).toMatchObject({ value: 0.3, saturation: 0.3 });
    sample(1000);
    expect(of(THROTTLED).value).toBe(0);
    world.files["/cg/cpu.stat"] = stat(1, 0);
    sample(1000);
    expect(of(THROTTLED).value).toBeNaN();
    expect(of(THROTTLED).saturation).toBeUndefined();
  });

  it("has nothing to say of throttling without a limit", () => {
    const world = contained("max 100000\n", stat(100, 50));
    const { sample, of } = probe("cpu", world);
    sample(1000);
    expect(of(THROTTLED).value).toBeNaN();
  });

  it.each([0, -1, Number.NaN])("has nothing to say of an elapsed time of %s", (elapsed) => {
    const { sample, of } = probe("cpu", new FakeWorld());
    sample(elapsed);
    expect(of(UTILIZATION).value).toBeNaN();
    expect(of(UTILIZATION).saturation).toBeUndefined();
  });

  it("asks once for a file that is not there", () => {
    const world = new FakeWorld();
    world.files = {
      "/proc/self/cgroup": "0::/a\n",
      "/proc/self/mountinfo": "31 23 0:28 / /cg rw - cgroup2 cgroup2 rw\n",
    };
    const { sample } = probe("cpu", world);
    expect(world.asked).toContain("/cg/a/cpu.max");
    world.asked = [];
    for (let second = 0; second < 30; second++) sample(1000);
    expect(world.asked).toEqual([]);
  });

  it("finds within a minute the group it was moved to, and a limit that was switched on", () => {
    const world = contained("100000 100000\n");
    world.files["/cg/moved/cpu.max"] = "max 100000\n";
    const { sample, of } = probe("cpu", world);
    world.files["/proc/self/cgroup"] = "0::/moved\n";
    world.files["/cg/moved/cpu.max"] = "50000 100000\n";
    world.files["/cg/moved/cpu.stat"] = stat(10, 0);
    for (let second = 0; second < 61; second++) {
      world.cpu.user += 0.5e6;
      sample(1000);
    }
    expect(of(UTILIZATION).value).toBe(1);
    world.files["/cg/moved/cpu.stat"] = stat(20, 5);
    sample(1000);
    expect(of(THROTTLED).value).toBe(0.5);
  });

  it("asks again for one that was there before", () => {
    const world = contained("100000 100000\n");
    const { sample, of } = probe("cpu", world);
    world.files["/cg/cpu.max"] = undefined;
    sample(10_000);
    world.files["/cg/cpu.max"] = "100000 100000\n";
    world.cpu.user += 5e6;
    sample(10_000);
    expect(of(UTILIZATION).value).toBe(0.5);
  });
});
